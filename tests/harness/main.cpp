// SPDX-License-Identifier: BSD-3-Clause
#define BOOST_TEST_MODULE nexus_llm_harness
#include <boost/test/unit_test.hpp>

#include "tests/quiet_log.hpp"
