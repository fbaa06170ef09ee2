#include "ledger.hpp"

#include <bitgate/report_text.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace github {
namespace {

constexpr std::array<std::string_view, 3> kBlocks = {"gates", "hoplog", "decision"};
constexpr std::string_view kHead = "| Gate | Status | Evidence |";
constexpr std::string_view kRule = "| ---- | ------ | -------- |";

std::string marker(std::string_view block, std::string_view which) {
  return "<!-- " + std::string(block) + ":" + std::string(which) + " -->";
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

/// Where the inside of a block begins and ends.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::size_t only(const std::string& text, const std::string& what) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) throw NotEdited("it lacks " + what);
  if (text.find(what, at + 1) != std::string::npos) throw NotEdited("it has " + what + " twice");
  return at;
}

Span find_block(const std::string& text, std::string_view block) {
  const std::string start = marker(block, "start");
  const std::string stop = marker(block, "end");
  const Span span{only(text, start) + start.size(), only(text, stop)};
  if (span.end < span.begin) throw NotEdited("it has " + stop + " before " + start);
  for (const std::string_view other : kBlocks) {
    const std::size_t inside = text.find(marker(other, "start"), span.begin);
    if (inside < span.end) {
      throw NotEdited("its blocks " + std::string(block) + " and " + std::string(other) +
                      " lie in each other");
    }
  }
  return span;
}

/// Lines with their ends.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += line;
  return out;
}

std::string_view line_end(std::string_view line) {
  if (line.ends_with("\r\n")) return line.substr(line.size() - 2);
  return line.ends_with('\n') ? line.substr(line.size() - 1) : std::string_view();
}

/// The line end that a block uses.
std::string line_end_of_block(std::string_view inside) {
  const std::size_t at = inside.find('\n');
  return at != std::string_view::npos && at > 0 && inside[at - 1] == '\r' ? "\r\n" : "\n";
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

bool is_row(std::string_view line) { return trimmed(line).starts_with('|'); }

bool is_rule(std::string_view line) {
  const std::string_view row = trimmed(line);
  return is_row(line) && row.find('-') != std::string_view::npos &&
         row.find_first_not_of("|-: \t") == std::string_view::npos;
}

/// The cells of a row, as they stand between its bars.
std::vector<std::string> cells_of(std::string_view line) {
  std::string_view row = trimmed(line);
  row.remove_prefix(1);
  if (row.ends_with('|') && !row.ends_with("\\|")) row.remove_suffix(1);
  std::vector<std::string> cells(1);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] == '|' && (i == 0 || row[i - 1] != '\\')) {
      cells.emplace_back();
    } else {
      cells.back() += row[i];
    }
  }
  return cells;
}

/// "benchmarks" of " **`generative:gate:benchmarks`** ".
std::string key_of(std::string_view cell) {
  std::string key;
  for (const char c : trimmed(cell)) {
    if (c != '*' && c != '`' && c != ' ')
      key += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return key.substr(key.rfind(':') + 1);
}

std::string row_of(const Entry& entry, const std::vector<std::string>& more) {
  std::string row = "| " + entry.gate + " | " + entry.status + " | " + entry.evidence + " |";
  for (const std::string& cell : more) row += cell + "|";
  return row;
}

/// The lines of the table in a block; head and rule are its first two.
std::optional<Span> find_table(const std::vector<std::string>& lines) {
  const auto rule = std::find_if(lines.begin(), lines.end(), is_rule);
  if (rule == lines.end() || rule == lines.begin() || !is_row(*(rule - 1))) return std::nullopt;
  const auto end = std::find_if_not(rule, lines.end(), is_row);
  return Span{static_cast<std::size_t>(rule - lines.begin()) - 1,
              static_cast<std::size_t>(end - lines.begin())};
}

std::string edited_gates(std::string_view inside, const Entry& entry) {
  constexpr std::size_t kColumns = 3;
  const std::string end = line_end_of_block(inside);
  std::vector<std::string> lines = lines_of(inside);
  const std::optional<Span> table = find_table(lines);
  if (!table) {
    // Whatever else the block holds is kept in front.
    std::string text(inside);
    if (!text.ends_with('\n')) text += end;
    if (!trimmed(text).empty()) text += end;
    return text + std::string(kHead) + end + std::string(kRule) + end + row_of(entry, {}) + end;
  }
  const std::size_t columns = cells_of(lines[table->begin]).size();
  if (columns < kColumns) {
    throw NotEdited("its table of gates has " + std::to_string(columns) +
                    " columns; gate, status and evidence take three");
  }
  std::vector<std::string> more(columns - kColumns, " ");
  std::optional<std::size_t> mine;
  for (std::size_t i = table->begin + 2; i < table->end; ++i) {
    const std::vector<std::string> cells = cells_of(lines[i]);
    if (key_of(cells[0]) != entry.gate) continue;
    if (mine) throw NotEdited("it has two rows of the gate " + entry.gate);
    mine = i;
    for (std::size_t k = kColumns; k < std::min(cells.size(), columns); ++k) {
      more[k - kColumns] = cells[k];
    }
  }
  const std::string row = row_of(entry, more);
  if (mine) {
    lines[*mine] = row + std::string(line_end(lines[*mine]));
  } else {
    std::string& last = lines[table->end - 1];
    if (line_end(last).empty()) last += end;
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(table->end), row + end);
  }
  return joined(lines);
}

std::string receipt_mark(const Entry& entry) { return "<!-- receipt: " + entry.receipt + " -->"; }

std::string edited_hops(std::string_view inside, const Entry& entry) {
  const std::string mark = receipt_mark(entry);
  if (inside.find(mark) != std::string_view::npos) return std::string(inside);
  const std::string end = line_end_of_block(inside);
  std::string text(inside);
  if (!text.ends_with('\n')) text += end;
  return text + "- " + entry.hop + " " + mark + end;
}

std::string decision(const Entry& entry, const std::string& end) {
  return end + "**State:** " + entry.state + end + "**Why:** " + entry.why + end + "**Next:** " +
         entry.next + end;
}

std::string edited(std::string text, const Entry& entry) {
  for (const std::string_view block : kBlocks) {
    const Span span = find_block(text, block);
    const std::string inside = text.substr(span.begin, span.end - span.begin);
    text.replace(span.begin, span.end - span.begin,
                 block == kBlocks[0]   ? edited_gates(inside, entry)
                 : block == kBlocks[1] ? edited_hops(inside, entry)
                                       : decision(entry, line_end_of_block(inside)));
  }
  return text;
}

}  // namespace

LedgerKind ledger_kind(std::string_view comment) {
  const auto found = std::count_if(kBlocks.begin(), kBlocks.end(), [&](std::string_view block) {
    return comment.find(marker(block, "start")) != std::string_view::npos;
  });
  if (found == 0) return LedgerKind::kNone;
  return found == static_cast<std::ptrdiff_t>(kBlocks.size()) ? LedgerKind::kWhole
                                                              : LedgerKind::kPart;
}

bool has_hop(std::string_view comment, const Entry& entry) {
  return comment.find(receipt_mark(entry)) != std::string_view::npos;
}

std::string new_ledger(const Entry& entry) {
  const std::string head = entry.issue.empty() ? "" : "**Issue:** #" + entry.issue + "\n\n";
  const std::string empty = head + marker("gates", "start") + "\n" + std::string(kHead) + "\n" +
                            std::string(kRule) + "\n" + marker("gates", "end") + "\n\n" +
                            marker("hoplog", "start") + "\n### Hop log\n" +
                            marker("hoplog", "end") + "\n\n" + marker("decision", "start") + "\n" +
                            marker("decision", "end") + "\n";
  return updated_ledger(empty, entry);
}

std::string updated_ledger(const std::string& comment, const Entry& entry) {
  std::string text = edited(comment, entry);
  const std::size_t size = characters(text);
  if (size <= kMostCharacters) return text;
  const std::size_t too_much = size - kMostCharacters;
  const std::string tail = "; receipt: " + entry.receipt;
  const std::size_t now = characters(entry.evidence);
  if (now < too_much + tail.size() + 2) {
    throw NotEdited("it is full: " + std::to_string(characters(comment)) + " of " +
                    std::to_string(kMostCharacters) + " characters are taken");
  }
  // An entity that is cut in two would show as its source.
  std::string kept = bitgate::shortened(entry.evidence, now - too_much - tail.size());
  const std::size_t open = kept.rfind('&');
  if (open != std::string::npos && kept.find(';', open) == std::string::npos) {
    kept = kept.substr(0, open) + "…";
  }
  Entry shorter = entry;
  shorter.evidence = kept + tail;
  return edited(comment, shorter);
}

}  // namespace github
