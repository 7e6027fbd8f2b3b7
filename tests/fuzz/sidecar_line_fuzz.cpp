// SPDX-License-Identifier: BSD-3-Clause
// Whatever a front end sends, each line is a call or gets an answer that is one line of JSON, and
// the lines do not depend on how the bytes arrive.
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "actors/ollama_client/request_builder.hpp"
#include "actors/ollama_client/request_validation.hpp"
#include "runtime/sidecar/error_report.hpp"
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

void check_refusal(const LLMError& error) {
  must(category(error.code) == ErrorCategory::validation, "a refusal is about the parameters");
  must(!error.subject.empty(), "it has a reason");
  const auto line = error_line("1", report(error, true));
  must(line.find('\n') + 1 == line.size() && json::parse(line).has_value(),
       "it is answered with a line of JSON");
}

/// What a prompt or a conversation comes to: a body for Ollama, or a refusal.
template <class Params> void try_request(const Params& params) {
  LLMRequest request;
  static_cast<GenerateOptions&>(request) = params.options;
  if constexpr (requires { params.prompt; })
    request.prompt = params.prompt;
  if constexpr (requires { params.messages; }) {
    request.kind = RequestKind::chat;
    request.messages = params.messages;
  }
  if (request.model.empty())
    request.model = "m";
  if (const auto valid = validate(request, Limits{}); !valid)
    return check_refusal(valid.error());
  const auto body = json::parse(request_builder::body(request));
  must(body && body->IsObject(), "a valid request has a body");
  must(!request_builder::fingerprint(request).empty(), "and an identity");
}

template <class Params> std::string text_of(const Params& params) {
  json::Document document;
  return json::to_text(to_protocol(params, document.GetAllocator()));
}

/// Reads the parameters as those of a method. What is accepted is read again as it is written.
template <class Method> void try_params(const json::Document& params) {
  using Params = typename Method::Params;
  json::Document copy;
  copy.CopyFrom(params, copy.GetAllocator());
  const auto read = read_params<Params>(copy);
  if (!read)
    return check_refusal(read.error());
  const auto written = text_of(*read);
  auto parsed = json::parse(written);
  must(parsed.has_value(), "what was read is written as JSON");
  const auto again = read_params<Params>(*parsed);
  must(again.has_value() && text_of(*again) == written, "and is read again as it was");
  if constexpr (requires { read->options; })
    try_request(*read);
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
  // The method that is called, or any one if there is none of that name.
  [&call]<class... Method>(Types<Method...>) {
    const auto known = ((call->method == Method::name) || ...);
    const auto any = std::hash<std::string>{}(call->method) % sizeof...(Method);
    std::size_t index = 0;
    const auto try_one = [&]<class One>(std::type_identity<One>) {
      if (known ? call->method == One::name : index++ == any)
        try_params<One>(call->params);
    };
    (try_one(std::type_identity<Method>{}), ...);
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
