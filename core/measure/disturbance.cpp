#include "measure/disturbance.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>

#include "measure/machine.hpp"

namespace bitgate {

namespace fs = std::filesystem;

DisturbanceMeter::DisturbanceMeter(std::vector<pid_t> processes, fs::path root)
    : processes_(std::move(processes)), root_(std::move(root)), start_(count()) {}

std::optional<Disturbance> DisturbanceMeter::read() const {
  const std::optional<Counts> now = count();
  if (!start_ || !now) return {};
  const auto share = [](double part, double whole) {
    return whole > 0 ? std::clamp(part / whole, 0.0, 1.0) : 0;
  };
  const double ran = now->ran_ns - start_->ran_ns;
  const double waited = now->waited_ns - start_->waited_ns;
  return Disturbance{share(waited, ran + waited),
                     share(now->stolen - start_->stolen, now->all - start_->all)};
}

std::optional<DisturbanceMeter::Counts> DisturbanceMeter::count() const {
  Counts counts;
  for (const pid_t process : processes_) {
    std::error_code error;
    const fs::path tasks = root_ / "proc" / std::to_string(process) / "task";
    bool any = false;
    for (const fs::directory_entry& task : fs::directory_iterator(tasks, error)) {
      double ran = 0;
      double waited = 0;
      // A thread that ends in between has no file, and what it did is not counted at either end.
      if (!(std::istringstream(first_line(task.path() / "schedstat")) >> ran >> waited)) continue;
      counts.ran_ns += ran;
      counts.waited_ns += waited;
      any = true;
    }
    if (!any) return {};
  }
  // "cpu user nice system idle iowait irq softirq steal …"
  std::istringstream line(first_line(root_ / "proc/stat"));
  std::string label;
  line >> label;
  for (int field = 0; field < 8; ++field) {
    double ticks = 0;
    if (!(line >> ticks)) return {};
    counts.all += ticks;
    counts.stolen = ticks;
  }
  return counts;
}

}  // namespace bitgate
