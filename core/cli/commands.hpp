// The program's commands, one file each. Each takes its arguments and returns the exit code.
#pragma once

#include <string>
#include <vector>

namespace bitgate::cli {

using Arguments = std::vector<std::string>;

int run(const Arguments& arguments);
int compare(const Arguments& arguments);
int report(const Arguments& arguments);
int baseline(const Arguments& arguments);
int merge(const Arguments& arguments);
int verify(const Arguments& arguments);
int plan(const Arguments& arguments);
int list(const Arguments& arguments);
int validate(const Arguments& arguments);
int selftest(const Arguments& arguments);
int doctor(const Arguments& arguments);
int plugin(const Arguments& arguments);
int model(const Arguments& arguments);
int repro(const Arguments& arguments);
int schema(const Arguments& arguments);

}  // namespace bitgate::cli
