// SPDX-License-Identifier: BSD-3-Clause
#include "tests/real/report.hpp"

#include <algorithm>
#include <cstdio>

namespace nexus::llm::real {

void Report::check(std::string_view name, const std::function<std::string()>& work) {
  if (name.find(filter_) == std::string_view::npos)
    return;
  try {
    const auto figure = work();
    ++passed_;
    row(name, "ok", figure);
  } catch (const CheckSkipped& skipped) {
    ++skipped_;
    row(name, "skipped", skipped.what());
  } catch (const std::exception& failure) {
    ++failed_;
    row(name, "FAILED", failure.what());
  }
}

void Report::row(std::string_view name, std::string_view result, std::string_view figure) {
  if (!begun_)
    std::printf("| %-64s | %-7s | %s |\n| %s | %s | %s |\n", "check", "result", "figure",
                std::string(64, '-').c_str(), std::string(7, '-').c_str(), "------");
  begun_ = true;
  std::string one_line{figure};
  std::replace(one_line.begin(), one_line.end(), '\n', ' ');
  std::printf("| %-64.*s | %-7.*s | %s |\n", static_cast<int>(name.size()), name.data(),
              static_cast<int>(result.size()), result.data(), one_line.c_str());
  std::fflush(stdout);
}

bool Report::finish() const {
  std::printf("\n%zu held, %zu failed, %zu skipped\n", passed_, failed_, skipped_);
  return failed_ == 0;
}

} // namespace nexus::llm::real
