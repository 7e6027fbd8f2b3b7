// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <sys/resource.h>
#include <unistd.h>

namespace nexus::llm::test {

/// Lets the process have no file descriptor beyond those in use, while this lives.
class NoDescriptorsLeft {
public:
  NoDescriptorsLeft() {
    BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &usual_) == 0);
    const int lowest_free = ::dup(STDERR_FILENO);
    BOOST_REQUIRE(lowest_free >= 0);
    ::close(lowest_free);
    auto none_left = usual_;
    none_left.rlim_cur = static_cast<rlim_t>(lowest_free);
    BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &none_left) == 0);
  }
  ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &usual_); }
  NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
  NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;

private:
  rlimit usual_{};
};

} // namespace nexus::llm::test
