// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "runtime/cli/format.hpp"
#include "runtime/cli/terminal/text_width.hpp"
#include "runtime/cli/terminal/transfer_line.hpp"
#include "runtime/cli/terminal/transfer_meter.hpp"

namespace nexus::llm::cli::test {

namespace transfer_test {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TransferState half_way() {
  return {{.model = "m",
           .status = "pulling 8eeb52dfb3bb",
           .total = 4'900'000'000,
           .completed = 2'450'000'000},
          35'100'000,
          seconds{70}};
}

} // namespace

BOOST_AUTO_TEST_SUITE(transfer)

BOOST_AUTO_TEST_CASE(speed_is_known_after_a_moment_and_leaves_out_what_was_there) {
  TransferMeter meter;
  const TransferMeter::Time begin{};
  meter.note(5000, 10'000, begin);
  BOOST_TEST(!meter.speed().has_value());
  meter.note(5001, 10'000, begin + milliseconds{10});
  BOOST_TEST(!meter.speed().has_value());
  meter.note(6000, 10'000, begin + seconds{1});
  BOOST_TEST(meter.speed().value() == 1000);
  BOOST_TEST(meter.left().value().count() == 4);
}

BOOST_AUTO_TEST_CASE(speed_is_smoothed) {
  TransferMeter meter;
  TransferMeter::Time now{};
  std::uint64_t done = 0;
  for (int i = 0; i < 20; ++i, now += seconds{1})
    meter.note(done += 1000, 1'000'000, now);
  meter.note(done += 5000, 1'000'000, now += seconds{1});
  BOOST_TEST(meter.speed().value() > 1100);
  BOOST_TEST(meter.speed().value() < 3000);
}

BOOST_AUTO_TEST_CASE(a_transfer_that_stands_still_slows_down_and_a_lost_part_does_not_count) {
  TransferMeter meter;
  TransferMeter::Time now{};
  meter.note(0, 1000, now);
  meter.note(500, 1000, now += seconds{1});
  for (int i = 0; i < 600; ++i)
    meter.note(500, 1000, now += seconds{1});
  BOOST_TEST(meter.speed().value() < 1);
  BOOST_TEST(!meter.left().has_value());
  meter.note(100, 1000, now += seconds{1});
  meter.note(200, 1000, now += seconds{1});
  BOOST_TEST(meter.speed().value() > 0);
  meter.note(1000, 1000, now += seconds{1});
  BOOST_TEST(meter.left().value().count() == 0);
}

BOOST_AUTO_TEST_CASE(the_line_fits_the_terminal) {
  BOOST_TEST(transfer_line(half_way(), 120) ==
             "[###############               ] 50 %  2.5 GB of 4.9 GB  35.1 MB/s  1m10s left  "
             "pulling 8eeb52dfb3bb");
  BOOST_TEST(transfer_line(half_way(), 60) ==
             "[#####     ] 50 %  2.5 GB of 4.9 GB  35.1 MB/s  1m10s left");
  BOOST_TEST(transfer_line(half_way(), 29) == "50 %  35.1 MB/s  1m10s left");
  for (std::size_t cells = 29; cells < 120; ++cells)
    BOOST_TEST(width_of(transfer_line(half_way(), cells)) <= cells);
}

BOOST_AUTO_TEST_CASE(without_a_size_the_line_is_what_the_server_says) {
  BOOST_TEST(transfer_line({{.status = "pulling manifest"}}, 80) == "pulling manifest");
}

BOOST_AUTO_TEST_CASE(a_log_gets_the_same_as_a_sentence) {
  BOOST_TEST(transfer_sentence(half_way()) == "50 % (2.5 GB of 4.9 GB, 35.1 MB/s, 1m10s left)");
}

BOOST_AUTO_TEST_CASE(coarse_durations) {
  BOOST_TEST(format_coarse(seconds{-5}) == "0s");
  BOOST_TEST(format_coarse(seconds{59}) == "59s");
  BOOST_TEST(format_coarse(seconds{61}) == "1m01s");
  BOOST_TEST(format_coarse(seconds{3 * 3600 + 300}) == "3h05m");
  BOOST_TEST(format_coarse(seconds{86400 * 2 + 3600 * 4}) == "2d04h");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace transfer_test

} // namespace nexus::llm::cli::test
