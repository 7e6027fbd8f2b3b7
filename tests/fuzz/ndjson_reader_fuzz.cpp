// SPDX-License-Identifier: BSD-3-Clause
// However a stream is cut into pieces, the same lines come out of it.
#include <string>
#include <vector>

#include "actors/ollama_client/ndjson_reader.hpp"
#include "tests/fuzz/property.hpp"

using namespace nexus::llm;
using namespace nexus::llm::fuzz;

namespace {

constexpr std::size_t max_line = 256;

struct Reading {
  std::vector<std::string> lines;
  bool too_long = false;
};

/// Reads in pieces of at most `piece` bytes.
Reading read(std::string_view bytes, std::size_t piece) {
  Reading reading;
  NdjsonReader reader{max_line};
  const auto on_line = [&reading](std::string_view line) {
    must(line.find('\n') == std::string_view::npos, "a line holds no line break");
    must(line.size() <= max_line, "no line is longer than allowed");
    reading.lines.emplace_back(line);
    return true;
  };
  while (!bytes.empty()) {
    const auto size = std::min(piece, bytes.size());
    if (!reader.feed(bytes.substr(0, size), on_line)) {
      must(reader.line_too_long(), "only a long line stops a reader that may go on");
      reading.too_long = true;
      return reading;
    }
    bytes.remove_prefix(size);
  }
  must(reader.finish(on_line), "the end is no failure");
  return reading;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::size_t piece = 1 + input.take_byte();
  const auto bytes = input.rest();
  const auto whole = read(bytes, bytes.size() + 1);
  const auto pieces = read(bytes, piece);
  must(whole.lines == pieces.lines, "the lines do not depend on the pieces");
  must(whole.too_long == pieces.too_long, "nor does the limit");
  return 0;
}
