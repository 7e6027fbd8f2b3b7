// SPDX-License-Identifier: BSD-3-Clause
// Whatever a front end sends, each line is a call or gets an answer that is one line of JSON, and
// the lines do not depend on how the bytes arrive.
#include <string>
#include <vector>

#include "runtime/sidecar/json_rpc.hpp"
#include "runtime/sidecar/line_framer.hpp"
#include "runtime/sidecar/protocol.hpp"
#include "runtime/sidecar/protocol_json.hpp"
#include "tests/fuzz/property.hpp"

using namespace nexus::llm;
using namespace nexus::llm::fuzz;
using namespace nexus::llm::sidecar;

namespace {

constexpr std::size_t max_line = 4096;

std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> lines;
  LineFramer framer{max_line};
  const auto take = [&lines](const LineFramer::Line& line) {
    must(line.text.find('\n') == std::string::npos, "a line holds no line break");
    must(line.text.size() <= max_line, "no line is longer than allowed");
    lines.push_back(line.too_long ? std::string(1, '\n') : line.text);
  };
  while (!bytes.empty()) {
    framer.append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    while (const auto line = framer.next())
      take(*line);
  }
  if (const auto line = framer.last())
    take(*line);
  return lines;
}

/// Reads the parameters as those of a method. What is accepted can be written again.
template <class Method> void try_params(const json::Document& params) {
  json::Document copy;
  copy.CopyFrom(params, copy.GetAllocator());
  const auto read = read_params<typename Method::Params>(copy);
  if (!read) {
    must(!read.error().subject.empty(), "a refusal has a reason");
    return;
  }
  json::Document written;
  const auto value = to_protocol(*read, written.GetAllocator());
  must(json::parse(json::to_text(value)).has_value(), "what was read is written as JSON");
}

void try_line(const std::string& line) {
  const auto call = parse_call(line);
  if (!call) {
    must(call.error().ends_with('\n'), "an answer is a line");
    must(call.error().find('\n') + 1 == call.error().size(), "an answer is one line");
    const auto answer = json::parse(call.error());
    must(answer && json::find(*answer, "error") != nullptr, "an answer is an error in JSON");
    return;
  }
  must(call->params.IsObject(), "parameters are an object");
  must(call->id.empty() || json::parse(call->id).has_value(), "an id is JSON");
  [&call]<class... Method>(Types<Method...>) {
    (try_params<Method>(call->params), ...);
  }(Methods{});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const std::size_t piece = 1 + input.take_byte();
  const auto bytes = input.rest();
  const auto whole = lines_of(bytes, bytes.size() + 1);
  must(whole == lines_of(bytes, piece), "the lines do not depend on the pieces");
  for (const auto& line : whole)
    try_line(line);
  return 0;
}
