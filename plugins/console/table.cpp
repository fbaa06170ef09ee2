#include "table.hpp"

#include <algorithm>
#include <numeric>

#include "text.hpp"

namespace console {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kIndent = 2;

class Table {
 public:
  Table(std::vector<Column> columns, std::vector<Row> rows, const Style& style)
      : columns_(std::move(columns)), rows_(std::move(rows)), style_(style) {}

  std::string render() {
    drop_empty_columns();
    measure();
    while (total() > style_.columns && drop_one()) measure();
    std::string out = line(titles(), true);
    for (const Row& row : rows_) out += row.message.empty() ? line(row.cells, false) : broken(row);
    return out;
  }

 private:
  void measure() {
    widths_.assign(columns_.size(), 0);
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      widths_[i] = width(columns_[i].title);
      for (const Row& row : rows_) {
        if (i < row.cells.size()) widths_[i] = std::max(widths_[i], width(row.cells[i]));
      }
    }
  }

  [[nodiscard]] std::size_t total() const {
    return std::accumulate(widths_.begin(), widths_.end(), kIndent) +
           kGap * (widths_.empty() ? 0 : widths_.size() - 1);
  }

  void drop(std::size_t index) {
    const auto at = static_cast<std::ptrdiff_t>(index);
    columns_.erase(columns_.begin() + at);
    for (Row& row : rows_) {
      if (index < row.cells.size()) row.cells.erase(row.cells.begin() + at);
    }
  }

  void drop_empty_columns() {
    for (std::size_t i = columns_.size(); i-- > 0;) {
      const bool empty = std::all_of(rows_.begin(), rows_.end(), [&](const Row& row) {
        return i >= row.cells.size() || row.cells[i].empty();
      });
      if (empty && columns_[i].rank > 0) drop(i);
    }
  }

  bool drop_one() {
    const auto worst =
        std::max_element(columns_.begin(), columns_.end(),
                         [](const Column& a, const Column& b) { return a.rank < b.rank; });
    if (worst == columns_.end() || worst->rank == 0) return false;
    drop(static_cast<std::size_t>(worst - columns_.begin()));
    return true;
  }

  [[nodiscard]] std::vector<std::string> titles() const {
    std::vector<std::string> out;
    for (const Column& column : columns_) out.push_back(column.title);
    return out;
  }

  [[nodiscard]] std::string aligned(const std::vector<std::string>& cells) const {
    std::string out(kIndent, ' ');
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (i > 0) out += std::string(kGap, ' ');
      out += columns_[i].right ? right(cells[i], widths_[i]) : left(cells[i], widths_[i]);
    }
    return out;
  }

  [[nodiscard]] std::string line(const std::vector<std::string>& cells, bool header) const {
    std::string text = aligned(cells);
    text.erase(text.find_last_not_of(' ') + 1);
    return (header ? style_.dim(text) : text) + "\n";
  }

  [[nodiscard]] std::string broken(const Row& row) const {
    const std::string text = aligned(row.cells) + std::string(kGap, ' ');
    const std::size_t room = style_.columns > width(text) + 20 ? style_.columns - width(text) : 20;
    const std::string message = cut(row.message, room, style_.unicode);
    return text + (row.bad ? style_.red(message) : style_.yellow(message)) + "\n";
  }

  std::vector<Column> columns_;
  std::vector<Row> rows_;
  const Style& style_;
  std::vector<std::size_t> widths_;
};

}  // namespace

std::string render(std::vector<Column> columns, std::vector<Row> rows, const Style& style) {
  return Table(std::move(columns), std::move(rows), style).render();
}

}  // namespace console
