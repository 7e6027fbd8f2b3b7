// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include "nexus_llm/log.hpp"

/// The tests make things fail on purpose: what is logged about it would hide what they report.
struct QuietLog {
  QuietLog() { nexus::llm::set_logger(nullptr); }
};
BOOST_TEST_GLOBAL_FIXTURE(QuietLog);
