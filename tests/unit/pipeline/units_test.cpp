#include "pipeline/units.hpp"

#include <chrono>

#include "support/catch.hpp"

using namespace bitgate;
using namespace std::chrono_literals;

TEST_CASE("Integers are plain decimal digits") {
  CHECK(parse_integer("0") == 0U);
  CHECK(parse_integer("128") == 128U);
  CHECK(parse_integer("18446744073709551615") == UINT64_MAX);
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "01", "00", "1.0", "1e3", "0x10", "1_000",
                           "1,000", "18446744073709551616", "١"}) {
    INFO(text);
    CHECK_FALSE(parse_integer(text).has_value());
  }
}

TEST_CASE("Numbers are finite and decimal") {
  CHECK(parse_number("0") == 0.0);
  CHECK(parse_number("-0.5") == -0.5);
  CHECK(parse_number("+3") == 3.0);
  CHECK(parse_number("1e-6") == 1e-6);
  CHECK(parse_number("2.5E+3") == 2500.0);
  for (const char* text :
       {"",      ".",   ".5",  "5.",   "1e",   "1e+",   "e5", "--1", "+-1", "01", "-01.5",
        "0x1p3", "inf", "nan", "-inf", ".inf", "1e999", "1 ", " 1",  "1,5", "1f", "½"}) {
    INFO(text);
    CHECK_FALSE(parse_number(text).has_value());
  }
}

TEST_CASE("Durations have a unit, and a range of sense") {
  CHECK(parse_duration("1ns") == 1ns);
  CHECK(parse_duration("0.5us") == 500ns);
  CHECK(parse_duration("250ms") == 250ms);
  CHECK(parse_duration("10s") == 10s);
  CHECK(parse_duration("1.5min") == 90s);
  CHECK(parse_duration("10080min") == 7 * 24h);
  CHECK(parse_duration("1e3ms") == 1s);
  CHECK(parse_duration("1.6ns") == 2ns);  // to whole nanoseconds
  for (const char* text : {"", "10", "s", "10 s", "10S", "10sec", "1h", "-1s", "0s", "0.5ns",
                           "10081min", "1e300min", "1m", "ms10", "10s10ms", "infs", "nans"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

TEST_CASE("Nanoseconds may be any finite number, since a limit can be small or negative") {
  CHECK(parse_nanoseconds("0.25ns") == 0.25);
  CHECK(parse_nanoseconds("-1us") == -1000.0);
  CHECK_FALSE(parse_nanoseconds("5").has_value());
}

TEST_CASE("Percentages and ratios keep their sign") {
  CHECK(parse_percent("2%").value() == Approx(0.02));
  CHECK(parse_percent("+5%").value() == Approx(0.05));
  CHECK(parse_percent("-0.5%").value() == Approx(-0.005));
  CHECK(parse_ratio("1.5x") == 1.5);
  for (const char* text : {"", "%", "2", "2 %", "2%%", "% 2", "two%", "1,5%"}) {
    INFO(text);
    CHECK_FALSE(parse_percent(text).has_value());
  }
  for (const char* text : {"", "x", "2", "2 x", "2X", "x2", "2xx", "2×"}) {
    INFO(text);
    CHECK_FALSE(parse_ratio(text).has_value());
  }
}

TEST_CASE("Sizes are whole numbers of binary units") {
  CHECK(parse_size("1B") == 1U);
  CHECK(parse_size("64KiB") == 65536U);
  CHECK(parse_size("512MiB") == 536870912U);
  CHECK(parse_size("17179869183GiB") == 17179869183ULL << 30);
  for (const char* text : {"", "B", "64", "64KB", "64kB", "64 MiB", "64mib", "1.5GiB", "-1GiB",
                           "+1GiB", "17179869184GiB", "18446744073709551616B"}) {
    INFO(text);
    CHECK_FALSE(parse_size(text).has_value());
  }
}

TEST_CASE("Shapes are rows x columns, both from 1 to 2^20") {
  CHECK(parse_shape("2560x6912") == Shape{2560, 6912});
  CHECK(parse_shape("1x1048576") == Shape{1, 1048576});
  for (const char* text :
       {"", "x", "2560", "2560x", "x2560", "0x1", "1x0", "1048577x1", "1x1048577", "2560X2560",
        "2560*2560", "2560 x 2560", "-1x1", "1x2x3", "01x1", "1.0x1"}) {
    INFO(text);
    CHECK_FALSE(parse_shape(text).has_value());
  }
}
