// SPDX-License-Identifier: BSD-3-Clause
// A name is valid or not. A valid one keeps to the grammar of Ollama and survives parsing and
// printing.
#include <string>
#include <string_view>

#include "config/model_name.hpp"
#include "tests/fuzz/property.hpp"

using namespace nexus::llm;
using namespace nexus::llm::fuzz;

namespace {

bool is_part(std::string_view part, std::size_t most, std::string_view marks) {
  constexpr std::string_view words =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  return !part.empty() && part.size() <= most && words.find(part[0]) != std::string_view::npos &&
         part.find_first_not_of(std::string{words}.append(marks)) == std::string_view::npos;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = Input{data, size}.rest();
  const bool valid = is_valid_model_name(text);
  const auto name = parse_model_name(text);
  must(name.model.empty() != valid, "a name has a model part exactly where it is valid");
  must(same_model(text, text) == valid, "a valid name, and no other, is the same as itself");
  if (!valid)
    return 0;
  must(is_part(name.host, 350, "-.:") && is_part(name.name_space, 80, "-") &&
           is_part(name.model, 80, "-.") && is_part(name.tag, 80, "-."),
       "each part has the characters and the length that Ollama allows");
  const auto full = name.host + "/" + name.name_space + "/" + name.model + ":" + name.tag;
  must(same_model(text, full), "all parts together are the same name");
  must(parse_model_name(full).key() == name.key(), "with the same key");
  const auto again = name.short_text();
  must(is_valid_model_name(again), "the short form of a name is a name");
  must(same_model(text, again), "and means the same model");
  must(parse_model_name(again).short_text() == again, "it does not get any shorter");
  return 0;
}
