// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/sidecar/json_rpc.hpp"

#include <utility>

#include "config/describe_json.hpp"

namespace nexus::llm::sidecar {

namespace {

std::string line_of(std::string_view name, std::string_view before, const json::Value& value) {
  std::string line = R"({"jsonrpc":"2.0",)";
  line += before;
  line += ",\"";
  line += name;
  line += "\":";
  line += json::to_text(value);
  line += "}\n";
  return line;
}

std::string id_member(std::string_view id) { return "\"id\":" + std::string{id}; }

/// Other numbers would not come back as they were written.
bool is_id(const json::Value& value) {
  return value.IsString() || value.IsInt64() || value.IsUint64();
}

tl::unexpected<std::string> rejection(std::string_view id, RpcCode code, std::string message) {
  return tl::unexpected<std::string>{error_line(id, report(code, std::move(message)))};
}

} // namespace

tl::expected<RpcCall, std::string> parse_call(std::string_view line) {
  auto document = json::parse(line);
  if (!document)
    return rejection("null", RpcCode::parse_error,
                     "The line is not JSON: " + document.error().what + " at byte " +
                         std::to_string(document.error().offset) + ".");
  if (document->IsArray())
    return rejection("null", RpcCode::invalid_request,
                     "Batches are not supported: send one request per line.");
  if (!document->IsObject())
    return rejection("null", RpcCode::invalid_request, "A request is a JSON object.");
  RpcCall call;
  const auto* id = json::find(*document, "id");
  if (id != nullptr && !is_id(*id))
    return rejection("null", RpcCode::invalid_request,
                     "`id` must be a string or a whole number of 64 bits.");
  if (id != nullptr)
    call.id = json::to_text(*id);
  const auto answer_id = call.is_notification() ? std::string{"null"} : call.id;
  if (json::find_text(*document, "jsonrpc") != "2.0")
    return rejection(answer_id, RpcCode::invalid_request, "`jsonrpc` must be \"2.0\".");
  const auto method = json::find_text(*document, "method");
  if (!method)
    return rejection(answer_id, RpcCode::invalid_request, "`method` must be a string.");
  call.method = *method;
  auto* params = json::find(static_cast<json::Value&>(*document), "params");
  if (params != nullptr && !params->IsObject())
    return rejection(answer_id, RpcCode::invalid_params,
                     "`params` must be an object: parameters go by name.");
  call.params.SetObject();
  if (params != nullptr)
    call.params.CopyFrom(*params, call.params.GetAllocator());
  return call;
}

std::string result_line(std::string_view id, const json::Value& result) {
  return line_of("result", id_member(id), result);
}

std::string error_line(std::string_view id, const ErrorReport& error) {
  json::Document document;
  return line_of("error", id_member(id), json::to_value(error, document.GetAllocator()));
}

std::string notification_line(std::string_view method, const json::Value& params) {
  return line_of("params", "\"method\":\"" + std::string{method} + '"', params);
}

} // namespace nexus::llm::sidecar
