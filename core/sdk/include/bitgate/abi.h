/* clang-format off: its comments are set by hand. */
/* bitgate/abi.h - the boundary between the bitgate host and a plugin.
 *
 * C11, standalone: it includes nothing but <stddef.h> and <stdint.h>. C++ authors normally use
 * backend.hpp or reporter.hpp, which are header-only wrappers over this file. What may change in
 * later versions, and how old and new meet, is told in docs/abi.md.
 *
 * LAYOUT. 64-bit targets only. Every table and every struct that may grow starts with
 * `struct_size`, set by whoever allocates it: the plugin for its tables, the host for all else. A
 * reader uses the members that lie inside min(struct_size, its own size) and treats the missing
 * tail as zero; a larger struct is fine. Whoever fills a struct that the other side allocated
 * writes only members that lie inside its struct_size. Structs without struct_size (bg_str,
 * bg_sink, bg_operand, bg_attribute) never grow. Members are never reordered, retyped or
 * repurposed; `reserved` ones are 0. A new optional ability is a new interface id, never a slot in
 * the middle of a table.
 *
 * OWNERSHIP. Nothing changes owner across the boundary. Strings, structs and buffers passed in are
 * borrowed for the call. Text of unknown length goes out through a caller's `bg_sink`, errors into
 * a caller-allocated `bg_error`. A handle returned through `bg_X**` belongs to the plugin and is
 * given back with the matching destroy or close, exactly once and never as NULL. Strings that a
 * plugin puts into a struct stay the plugin's; how long they live is said there.
 *
 * THREADS. Each function carries one of these tags:
 *
 *   [query]    pure: any thread, any time after loading, under 100 ms, starts no driver and no
 *              thread
 *   [control]  one thread at a time for each instance
 *   [measure]  the thread that opened the session; calls nothing of the host's but `log` and
 *              `cancelled`
 *   [any]      any thread, any time between the start of `open` and the end of `close`
 *
 * Threads that a plugin starts are joined before `session_close` (or `close`) returns.
 *
 * LIFECYCLE. A call outside this order does not happen; a plugin need not defend against it:
 *
 *   note read -> library loaded -> bg_plugin_query_v1* -> describe* ->
 *     open -> get_interface* ->
 *       backend:   (device_count | device_info | session)*
 *                  session:  session_open -> (supports | tensor | program)* -> session_close
 *                  tensor:   tensor_create -> (tensor_write | tensor_read | used by programs)* ->
 *                            tensor_destroy, after the programs that use it
 *                  program:  program_prepare -> (run* -> synchronize | program_kernel)* ->
 *                            program_destroy
 *                  timer:    session_open -> start -> (run* -> synchronize -> read)*
 *       reporter:  begin -> event* -> finish
 *     -> close -> the process ends; the library is never unloaded
 *
 * After a failed open, session_open, tensor_create or program_prepare there is nothing to close or
 * destroy. Open and close may be repeated; several sessions of an instance may be open at once.
 * Between run and synchronize, tensors of the program are neither written nor read. A process may
 * end at any point without close.
 *
 * ERRORS. Functions that can fail return a `bg_status`; on anything but BG_OK the callee fills
 * `err` (if it is not NULL) with a sentence for people, and `*out` means nothing. Any function may
 * return BG_OUT_OF_MEMORY, BG_DEVICE_LOST, BG_TRANSIENT or BG_INTERNAL; other statuses are named
 * where they can occur. A reader takes a status that it doesn't know for BG_INTERNAL. No exception
 * and no longjmp may cross.
 *
 * A PLUGIN MUST NOT change the locale, signal handlers, resource limits, umask, working directory,
 * floating-point environment or environment variables, write to stdout, fork or exit.
 */
#ifndef BITGATE_ABI_H
#define BITGATE_ABI_H

/* NOLINTBEGIN(modernize-*): C, which C++ reads too */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BG_ABI_MAJOR 1
#define BG_ABI_MINOR 1

/* The oldest host that will do: a plugin that can't go without something newer defines it before
 * it includes this file. */
#ifndef BG_MIN_HOST_MINOR
#define BG_MIN_HOST_MINOR 0
#endif

#define BG_EXPORT __attribute__((visibility("default")))

/* ---- basic types -------------------------------------------------------------------------- */

/* Borrowed UTF-8 text, not NUL-terminated. `data` may be NULL when `size` is 0. */
typedef struct bg_str {
  const char* data;
  uint64_t size;
} bg_str;

/* Receives text. `write` copies the bytes before it returns and may be called several times, by
 * the thread and during the call that got the sink. */
typedef struct bg_sink {
  void* ctx;
  void (*write)(void* ctx, const char* data, uint64_t size);
} bg_sink;

/* What a call came to. */
typedef int32_t bg_status;
#define BG_OK 0
#define BG_INVALID_ARGUMENT 1 /* the caller's mistake: wrong size, unknown format or option */
#define BG_UNSUPPORTED 2      /* a valid wish that this plugin or device can't fulfil */
#define BG_UNAVAILABLE 3      /* what it takes is not on this machine: no device, no driver */
#define BG_OUT_OF_MEMORY 4    /* of the host or the device */
#define BG_DEVICE_LOST 5      /* the device failed; the session can only be closed */
#define BG_CANCELLED 6        /* the host asked to stop and the plugin did */
#define BG_INTERNAL 7         /* everything else: a bug in the plugin or below it */
#define BG_TRANSIENT                                                      \
  8 /* failed for a reason that may pass by itself, such as a busy device \
     * or a network that is down: trying again may help */

/* Allocated and zeroed by the caller, who sets struct_size. */
typedef struct bg_error {
  uint32_t struct_size;
  bg_status code;
  int32_t native;    /* the driver's own error number, 0 if none */
  uint32_t reserved; /* 0 */
  char message[496]; /* UTF-8, NUL-terminated, says what went wrong and, if known, the fix */
} bg_error;

/* ---- the host ------------------------------------------------------------------------------ */

typedef int32_t bg_log_level;
#define BG_LOG_DEBUG 0
#define BG_LOG_INFO 1
#define BG_LOG_WARNING 2
#define BG_LOG_ERROR 3

/* What the host offers; valid from `open` until `close` returns. */
typedef struct bg_host {
  uint32_t struct_size;
  uint16_t abi_minor;
  uint16_t reserved;
  void* ctx; /* first argument of the functions below */
  bg_str name;
  bg_str version;
  /* [any] One message, without a trailing newline; copied before it returns. */
  void (*log)(void* ctx, bg_log_level level, bg_str message);
  /* [any] 1 once the user wants the run to end, else 0; calls that take seconds look at it and
   * return BG_CANCELLED. Cheap. */
  int32_t (*cancelled)(void* ctx);
  /* [control] From `open` on: the table of a host interface by id, e.g. BG_OUTPUT_V1, valid until
   * close; NULL if this host lacks it. */
  const void* (*get_interface)(void* ctx, bg_str id);
} bg_host;

/* Host interface "bitgate.output/1": the run's real stdout and stderr, for reporters. A plugin's
 * own stdout and stderr are captured and shown only when something fails. */
#define BG_OUTPUT_V1 "bitgate.output/1"
#define BG_STDOUT 1
#define BG_STDERR 2
typedef struct bg_output {
  uint32_t struct_size;
  uint32_t reserved;
  /* [control] Writes UTF-8 text as it is, copied before it returns. `ctx` is bg_host's. */
  void (*write)(void* ctx, int32_t stream, bg_str text);
} bg_output;

/* Host interface "bitgate.secret/1", for reporters alone: backends get NULL. An option that the
 * plugin's schema marks writeOnly comes as a reference, "${secret:NAME}", and its value is asked
 * for when it is needed. The value must not get into a log, a file, a report or another process. */
#define BG_SECRET_V1 "bitgate.secret/1"
typedef struct bg_secret {
  uint32_t struct_size;
  uint32_t reserved;
  /* [control] From `open` on. Writes the value of an option that `open` got to the sink.
   * BG_UNAVAILABLE if this machine has no such secret, with where it was looked for;
   * BG_INVALID_ARGUMENT if the text is no reference. `ctx` is bg_host's. */
  bg_status (*read)(void* ctx, bg_str option, const bg_sink* value, bg_error* err);
} bg_secret;

/* ---- the plugin ---------------------------------------------------------------------------- */

typedef uint32_t bg_kind;
#define BG_KIND_BACKEND 1
#define BG_KIND_REPORTER 2

typedef struct bg_instance bg_instance; /* an opened plugin */

/* One plugin of a shared library: constant data, which stays where it is until the process ends. */
typedef struct bg_plugin {
  uint32_t struct_size;
  uint16_t abi_minor;      /* BG_ABI_MINOR that the plugin was built with */
  uint16_t min_host_minor; /* BG_MIN_HOST_MINOR */
  bg_kind kind;
  uint32_t reserved;
  bg_str id;      /* [a-z0-9_.-]+, the name used in pipelines; third parties: reverse DNS */
  bg_str version; /* semantic version */
  bg_str build;   /* BG_BUILD: compiler and flags, for the receipt */
  /* [query] Writes a JSON object: {"title": text, "options": schema}, where the schema is a JSON
   * Schema (draft-07, the part of it that docs/abi.md lists) of the object that `open` takes. */
  bg_status (*describe)(const bg_sink* json, bg_error* err);
  /* [control] `options` is a JSON object that fits the schema, `host` stays valid until `close`
   * returns. BG_UNAVAILABLE if what it takes is not on this machine, BG_INVALID_ARGUMENT if the
   * options won't do. */
  bg_status (*open)(const bg_host* host, bg_str options, bg_instance** out, bg_error* err);
  /* [control] After every session was closed. */
  void (*close)(bg_instance* instance);
  /* [control] After open: the table for an interface id, valid until close; NULL if the plugin does
   * not have it, whatever the id. */
  const void* (*get_interface)(bg_instance* instance, bg_str id);
} bg_plugin;

/* [query] The one exported symbol of the library. Plugin number `index`, NULL behind the last.
 * `host_minor` is the host's BG_ABI_MINOR, for information: the same plugins are there for all. */
#define BG_QUERY_SYMBOL "bg_plugin_query_v1"
typedef const bg_plugin* (*bg_plugin_query_fn)(uint32_t host_minor, uint32_t index);
BG_EXPORT const bg_plugin* bg_plugin_query_v1(uint32_t host_minor, uint32_t index);

/* ---- identity without execution ------------------------------------------------------------
 *
 * Every plugin library carries an ELF note for each plugin, so that a host can list and check files
 * without running their code. Owner "bitgate", type BG_NOTE_TYPE, section ".note.bitgate"; the
 * descriptor is bg_note's members after `owner`: text is NUL-padded. The descriptor may grow.
 */
#define BG_NOTE_SECTION ".note.bitgate"
#define BG_NOTE_TYPE 1
typedef struct bg_note {
  uint32_t name_size; /* 8 */
  uint32_t desc_size; /* sizeof(bg_note) - 20 */
  uint32_t type;      /* BG_NOTE_TYPE */
  char owner[8];      /* "bitgate" */
  uint16_t abi_major;
  uint16_t abi_minor;
  uint16_t min_host_minor;
  uint16_t reserved;
  bg_kind kind;
  char id[96];
  char version[32];
  char build[64];
} bg_note;

/* What built the plugin, for people; a project may define its own, of at most 63 bytes. One that
 * ends in ", unoptimized" has none of its times judged. */
#ifndef BG_BUILD
#define BG_TEXT_OF_(x) #x
#define BG_TEXT_(x) BG_TEXT_OF_(x)
#if defined(__clang__)
#define BG_COMPILER_ "clang " BG_TEXT_(__clang_major__) "." BG_TEXT_(__clang_minor__)
#elif defined(__GNUC__)
#define BG_COMPILER_ "gcc " BG_TEXT_(__GNUC__) "." BG_TEXT_(__GNUC_MINOR__)
#else
#define BG_COMPILER_ "unknown compiler"
#endif
#ifdef __cplusplus
#define BG_LANGUAGE_ ", C++"
#else
#define BG_LANGUAGE_ ", C"
#endif
#ifndef __OPTIMIZE__
#define BG_BUILD BG_COMPILER_ BG_LANGUAGE_ ", unoptimized"
#elif defined(NDEBUG)
#define BG_BUILD BG_COMPILER_ BG_LANGUAGE_ ", release"
#else
#define BG_BUILD BG_COMPILER_ BG_LANGUAGE_ ", assertions"
#endif
#endif

/* Put once at file scope of a library for each of its plugins; `ident` names the variable. */
#define BG_PLUGIN_NOTE(ident, kind, id, version)                                            \
  __attribute__((section(BG_NOTE_SECTION), used,                                            \
                 aligned(4))) static const bg_note bg_note_##ident = {8,                    \
                                                                      sizeof(bg_note) - 20, \
                                                                      BG_NOTE_TYPE,         \
                                                                      "bitgate",            \
                                                                      BG_ABI_MAJOR,         \
                                                                      BG_ABI_MINOR,         \
                                                                      BG_MIN_HOST_MINOR,    \
                                                                      0,                    \
                                                                      kind,                 \
                                                                      id,                   \
                                                                      version,              \
                                                                      BG_BUILD}

/* ---- backends: interface "bitgate.backend/1" ------------------------------------------------- */

#define BG_BACKEND_V1 "bitgate.backend/1"

typedef struct bg_session bg_session; /* one device, one thread count, an in-order queue */
typedef struct bg_tensor bg_tensor;   /* a buffer of a session */
typedef struct bg_program bg_program; /* prepared operations of a session */

#define BG_DEVICE_SIMULATED 1u /* timings of this device mean nothing and satisfy no gate */

/* Allocated by the caller, filled by device_info. Its strings live until close. */
typedef struct bg_device {
  uint32_t struct_size;
  uint32_t flags; /* BG_DEVICE_… */
  bg_str id;      /* "cpu/avx2"; unique in the plugin */
  bg_str name;    /* for people: "AVX2, 8 rows a vector" */
  uint32_t units; /* cores or multiprocessors that a session can use */
  uint32_t reserved;
  uint64_t memory; /* bytes that tensors can use; 0 if it is the host's memory */
} bg_device;

typedef struct bg_session_options {
  uint32_t struct_size;
  uint32_t threads; /* worker threads incl. the calling one, 1 … units; GPUs may ignore it */
} bg_session_options;

/* A tensor of 1 to 4 dimensions, row-major: dims[rank-1] is contiguous; the rest of dims is 0. A
 * matrix is rows x columns. `format` names an exact layout (see formats.hpp), which fixes the
 * number of bytes. */
typedef struct bg_tensor_desc {
  uint32_t struct_size;
  uint32_t rank;
  uint64_t dims[4];
  bg_str format;
} bg_tensor_desc;

/* A named attribute of an operation. The operation says which member holds the value; the others
 * are 0 and empty. */
typedef struct bg_attribute {
  bg_str name;
  int64_t integer;
  double real;
  bg_str text;
} bg_attribute;

/* An input or output. `tensor` is NULL in `supports`. `desc` is always set. */
typedef struct bg_operand {
  const bg_tensor_desc* desc;
  bg_tensor* tensor;
} bg_operand;

/* One operation. Kinds, operands and attributes (later minors may add more, and a plugin answers
 * BG_UNSUPPORTED to a kind, format or attribute that it doesn't know):
 *
 *   quantize    in: x [r,c] f32            out: q [r,c]   attributes: rounding (text)
 *               to i8, rounding "absmax": each row by its own maximum, see formats.hpp
 *               to f16 or bf16, rounding "nearest": ties to even
 *               to a ternary format, one scale s for the tensor:
 *                 "ternary"  x is already in {-s, 0, +s}: s = max|x|,
 *                            w = 0 if |x| < 1e-6 else sign(x)
 *                 "absmean"  s = max(mean|x|, 1e-5), w = sign(x) if |x| > s/2 else 0, which is
 *                            clip(round(x/s), -1, 1) of BitNet b1.58 without its rounding error.
 *                            The mean is taken in double or better, in any order.
 *               tq1_0 and tq2_0 get the f16 nearest to s in every block
 *   dequantize  in: q [r,c]                out: y [r,c] f32
 *   matmul      in: w [m,k], x [b,k]       out: y [b,m]
 *               ternary w, i8 x, i32 y: y[b][m] = sum of codes w[m][k] * x[b][k], exact. Scales
 *               have no part in it, be there one or one a block (tq1_0, tq2_0): who wants values
 *               multiplies by them outside, or dequantizes.
 *               f32 w, x, y; or w and x both f16 or both bf16, y f32: accumulated in f32 or better,
 *               in any order
 *
 * Since 1.1, what a transformer takes besides; t tokens, one a row. Elements of y, sums and
 * intermediate results are f32 or better:
 *
 *   matmul      also ternary w, i8 x, f32 y: the same sum s with its scales, in f32 and rounded
 *               after each step: y[b][m] = (f32)s * (scale(w) * scale(x[b])). With one scale a
 *               block (tq1_0, tq2_0) the products of the blocks are added, in any order.
 *               also f16 or bf16 w, f32 x, f32 y
 *   embed       in: table [v,d], ids [t,1] i32   out: y [t,d] f32    table f32, f16 or bf16
 *               y[i] = table[ids[i]], which lie in 0 ... v-1
 *   rms_norm    in: x [t,d], weight [1,d] f32    out: y [t,d] f32    attributes: epsilon (real)
 *               y[i][j] = x[i][j] / sqrt(mean(x[i]^2) + epsilon) * weight[j]
 *   rope        in: x [t,n*h] f32, positions [t,1] i32   out: y [t,n*h] f32
 *               attributes: heads (integer) n, base (real), context (integer)
 *               each head of h columns, h even, turned in the planes (j, j + h/2), j < h/2, by the
 *               angle position * base^(-2j/h); positions lie in 0 ... context-1
 *   attention   in: q [t,n*h], k [t,g*h], v [t,g*h] f32, positions [t,1] i32
 *               out: y [t,n*h] f32, keys [c,g*h], values [c,g*h] f32 or f16
 *               attributes: heads (integer) n, kv_heads (integer) g, which divides n
 *               First keys[positions[i]] = k[i] and values[positions[i]] = v[i] for every i, to
 *               f16 by rounding to nearest, ties to even; the other rows stay; positions are
 *               different from each other and lie in 0 ... c-1.
 *               Then, for head a of q and b = a / (n/g) of keys and values, over rows r of the
 *               cache with r <= positions[i]: y[i] = softmax(q[i].keys[r] / sqrt(h)).values[r]
 *               Rows behind positions[i] have no part in y[i], whatever they hold.
 *   relu2_gate  in: gate [t,d], up [t,d] f32     out: y [t,d] f32    y = max(gate, 0)^2 * up
 *   add         in: a [t,d], b [t,d] f32         out: y [t,d] f32
 *   argmax      in: x [t,v] f32                  out: ids [t,1] i32  the first of the largest
 *
 * Since 1.1, for backends that let an outside command measure, in place of all others:
 *
 *   benchmark   in: none   out: results [1,c] i8   attributes: name (text), directory (text)
 *               Runs the command in that directory, unless it did so before, and answers with what
 *               it says of the benchmark of that name: the codes are a JSON text in UTF-8, spaces
 *               behind it, which docs/abi.md describes. A command that fails is an answer too.
 *
 * add, relu2_gate, rms_norm and rope may be given one tensor as input and output of one format and
 * shape. An index or position out of range is the caller's mistake, which `run` or `synchronize`
 * may report or not; it must not reach beyond the tensors.
 */
typedef struct bg_op {
  uint32_t struct_size;
  uint32_t reserved;
  bg_str kind;
  const bg_operand* inputs;
  uint64_t input_count;
  const bg_operand* outputs;
  uint64_t output_count;
  const bg_attribute* attributes;
  uint64_t attribute_count;
} bg_op;

/* Allocated by the caller, filled by program_kernel: a kernel that a program runs, and how often it
 * was started since `program_prepare`. The name lives until the program is destroyed. */
typedef struct bg_kernel {
  uint32_t struct_size;
  uint32_t reserved;
  bg_str name; /* "avx2/i2_s_gemv" */
  uint64_t calls;
} bg_kernel;

typedef struct bg_run_args {
  uint32_t struct_size;
  uint32_t reserved;
} bg_run_args;

typedef struct bg_backend {
  uint32_t struct_size;
  uint32_t reserved;

  /* [control] After open. Devices in order of preference: number 0 is the default. The same until
   * close. */
  bg_status (*device_count)(bg_instance*, uint32_t* out, bg_error*);
  /* [control] After open. BG_INVALID_ARGUMENT for an index behind the last. */
  bg_status (*device_info)(bg_instance*, uint32_t index, bg_device* out, bg_error*);

  /* [control] After open: a session on the device with this id. BG_UNAVAILABLE if there is none or
   * it can't be used here, BG_INVALID_ARGUMENT for a number of threads that it can't have. The
   * calling thread makes all [measure] calls of the session. */
  bg_status (*session_open)(bg_instance*, bg_str device, const bg_session_options*,
                            bg_session** out, bg_error*);
  /* [control], by the session's thread. After its programs and tensors were destroyed. */
  void (*session_close)(bg_session*);

  /* [measure] BG_OK if `program_prepare` would accept the operation, BG_UNSUPPORTED with the reason
   * for the user in `err` if not. Operands carry no tensors. */
  bg_status (*supports)(bg_session*, const bg_op*, bg_error*);

  /* [measure] Storage for a tensor; the content is undefined until written. BG_UNSUPPORTED for a
   * format or shape that the backend does not know. */
  bg_status (*tensor_create)(bg_session*, const bg_tensor_desc*, bg_tensor** out, bg_error*);
  /* [measure] After the programs that use it were destroyed. */
  void (*tensor_destroy)(bg_session*, bg_tensor*);
  /* [measure] The whole tensor from or to host memory in the format's canonical layout. A backend
   * may keep any layout of its own, but reads back bit for bit what the format defines. `data` has
   * any alignment. BG_INVALID_ARGUMENT unless `size` is the format's exact byte count, or if the
   * bytes are no valid tensor of the format. Complete when they return. */
  bg_status (*tensor_write)(bg_session*, bg_tensor*, const void* data, uint64_t size, bg_error*);
  bg_status (*tensor_read)(bg_session*, bg_tensor*, void* data, uint64_t size, bg_error*);

  /* [measure] A program that runs `count` operations in order. Operands carry tensors of this
   * session, which outlive the program; the structs are borrowed for the call only. Everything that
   * may allocate, compile or repack happens here. BG_UNSUPPORTED where `supports` says so. */
  bg_status (*program_prepare)(bg_session*, const bg_op* const* ops, uint64_t count,
                               bg_program** out, bg_error*);
  /* [measure] After synchronize, if it was run. */
  void (*program_destroy)(bg_session*, bg_program*);
  /* [measure] Kernel number `index`; BG_INVALID_ARGUMENT behind the last. The kernels are known
   * from `program_prepare` on, only their counts move. Names and counts come from the place that
   * starts kernels. */
  bg_status (*program_kernel)(bg_session*, bg_program*, uint32_t index, bg_kernel* out, bg_error*);

  /* [measure] Runs the program `repeat` times, at least once. May return before the work is done.
   * Allocates nothing, does no I/O. BG_CANCELLED if the host wanted the run to end. */
  bg_status (*run)(bg_session*, bg_program*, uint32_t repeat, const bg_run_args*, bg_error*);
  /* [measure] Returns when all work of the session is done and its results can be read; reports
   * errors of that work. */
  bg_status (*synchronize)(bg_session*, bg_error*);
} bg_backend;

/* ---- device timers: interface "bitgate.device_timer/1", since 1.1 -----------------------------
 *
 * Optional, for backends whose devices have a clock of their own. The host always takes the time of
 * its own clock round run and synchronize; what the device says stands beside it and is held
 * against it.
 */
#define BG_DEVICE_TIMER_V1 "bitgate.device_timer/1"

#define BG_TIME_QUEUED 1u
#define BG_TIME_SUBMITTED 2u

/* Allocated by the caller, filled by `read`: what the device's clock saw of an amount of work, in
 * nanoseconds. The parts follow each other in time, so together they take no longer than the host
 * sees from before `run` to after `synchronize`. */
typedef struct bg_device_times {
  uint32_t struct_size;
  uint32_t known;        /* BG_TIME_... of the next two that the device tells; the others are 0 */
  uint64_t queued_ns;    /* the first command: from its call until it is given to the device */
  uint64_t submitted_ns; /* the first command: from there until it starts */
  uint64_t execution_ns; /* from the start of the first command to the end of the last; always */
} bg_device_times;

typedef struct bg_device_timer {
  uint32_t struct_size;
  uint32_t reserved;
  /* [measure] At most once for a session, before anything else of it: from here on its work is
   * timed. Whatever that takes (a queue that keeps times, events) is made here, so that `run` still
   * allocates nothing. BG_UNSUPPORTED if the session's device has no clock; the session goes on
   * without. */
  bg_status (*start)(bg_session*, bg_error*);
  /* [measure] After `start` and a `synchronize` that ended well: the times of all work that was run
   * since the `synchronize` before it, if any was. */
  bg_status (*read)(bg_session*, bg_device_times* out, bg_error*);
} bg_device_timer;

/* ---- reporters: interface "bitgate.reporter/1" ----------------------------------------------- */

#define BG_REPORTER_V1 "bitgate.reporter/1"

/* A reporter is told about a run in JSON and can't change its verdict. `finish` is called exactly
 * once after every successful `begin`, also when the run was interrupted; after a call that failed
 * the reporter is only closed. Documents are objects, to which later versions add keys. */
typedef struct bg_reporter {
  uint32_t struct_size;
  uint32_t reserved;
  /* [control] Once, after open. The plan: docs/write-a-reporter.md shows the document. */
  bg_status (*begin)(bg_instance*, bg_str plan, bg_error*);
  /* [control] Between begin and finish. One thing that happened: {"event": "case-finished", ...}.
   * Events of an unknown name are left alone. */
  bg_status (*event)(bg_instance*, bg_str event, bg_error*);
  /* [control] Once. The receipt, docs/receipt.schema.json, verdict included. */
  bg_status (*finish)(bg_instance*, bg_str receipt, bg_error*);
} bg_reporter;

#ifdef __cplusplus
}
#endif
/* NOLINTEND(modernize-*) */

#endif
