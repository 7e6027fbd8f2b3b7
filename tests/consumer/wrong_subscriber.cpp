// SPDX-License-Identifier: BSD-3-Clause
// Must not compile, and must say why.
#include <nexus_llm/subscriber.hpp>

using namespace nexus::llm;
using planner = caf::typed_actor<sig<std::string, std::string>>;

stream_subscriber wrong(planner::pointer self) { return as_subscriber(self); }
