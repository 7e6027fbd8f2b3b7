// SPDX-License-Identifier: BSD-3-Clause
// A name is valid or not, and a valid one survives being taken apart and put together.
#include <string>

#include "config/model_name.hpp"
#include "runtime/simulator/model_name.hpp"
#include "tests/fuzz/property.hpp"

using namespace nexus::llm;
using namespace nexus::llm::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = Input{data, size}.rest();
  const bool valid = is_valid_model_name(text);
  const auto name = parse_model_name(text);
  must(name.model.empty() != valid, "a name has a model part exactly where it is valid");
  // The simulator has a parser of its own, written after the same grammar.
  if (text.size() <= 1024)
    must(simulator::ModelName::parse(text).has_value() == valid,
         "the client and the simulator agree on what a name is");
  must(same_model(text, text) == valid, "a valid name, and no other, is the same as itself");
  if (!valid)
    return 0;
  const auto again = name.short_text();
  must(is_valid_model_name(again), "the short form of a name is a name");
  must(same_model(text, again), "and means the same model");
  must(parse_model_name(again).short_text() == again, "it does not get any shorter");
  return 0;
}
