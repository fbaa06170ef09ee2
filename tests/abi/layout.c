/* Holds bitgate/abi.h to layout.def, at compile time, and layout.def to have no holes, at run time.
 * Built as C11 and C++20, by GCC and clang; with ABI_APPENDED, structs may be larger than 1.0's. */
#include <bitgate/abi.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
#define FIXED(condition, text) static_assert(condition, text)
#define SIZE_OF(type, member) sizeof(type::member)
#else
#define FIXED(condition, text) _Static_assert(condition, text)
#define SIZE_OF(type, member) sizeof(((type*)0)->member)
#endif

#ifdef ABI_APPENDED
#define KEPT >=
#else
#define KEPT ==
#endif

// NOLINTBEGIN(bugprone-macro-parentheses): types, members and operators take none
#define MEMBER(type, member, offset, size)                                 \
  FIXED(offsetof(type, member) == offset, #type "." #member " has moved"); \
  FIXED(SIZE_OF(type, member) == size, #type "." #member " has another size");
#define SIZE(type, size) FIXED(sizeof(type) KEPT size, #type " has another size");
// NOLINTEND(bugprone-macro-parentheses)
#include "layout.def"
#undef MEMBER
#undef SIZE

FIXED(BG_ABI_MAJOR == 1, "another major version is another entry symbol");

struct row {
  const char* type;
  const char* member; /* NULL: the end of the struct */
  size_t offset;
  size_t size;
};

static const struct row kRows[] = {
// NOLINTBEGIN(bugprone-macro-parentheses): types, members and operators take none
#define MEMBER(type, member, offset, size) {#type, #member, offset, size},
#define SIZE(type, size) {#type, NULL, size, 0},
// NOLINTEND(bugprone-macro-parentheses)
#include "layout.def"
#undef MEMBER
#undef SIZE
};

int main(void) {
  size_t end = 0;
  int holes = 0;
  for (size_t i = 0; i < sizeof(kRows) / sizeof(kRows[0]); ++i) {
    const struct row* row = &kRows[i];
    const char* member = row->member == NULL ? "(end)" : row->member;
    if (row->offset != end) {
      printf("%s: %zu bytes before %s are not listed\n", row->type, row->offset - end, member);
      ++holes;
    }
    end = row->member == NULL ? 0 : row->offset + row->size;
  }
  if (strcmp(BG_QUERY_SYMBOL, "bg_plugin_query_v1") != 0) ++holes;
  return holes == 0 ? 0 : 1;
}
