#include "config/utf8.hpp"

#include <rapidjson/encodings.h>
#include <rapidjson/memorystream.h>

namespace nexus::llm {

namespace {
/// RapidJSON's validator copies what it reads; nobody needs the copy.
struct NullOutput {
  using Ch = char;
  void Put(char) {}
};
} // namespace

bool is_valid_utf8(std::string_view text) {
  rapidjson::MemoryStream input{text.data(), text.size()};
  NullOutput output;
  while (input.Tell() < text.size())
    if (!rapidjson::UTF8<>::Validate(input, output))
      return false;
  return input.Tell() == text.size();
}

} // namespace nexus::llm
