// SPDX-License-Identifier: BSD-3-Clause
#include "nexus_llm/simulator/fault.hpp"

#include <algorithm>

namespace nexus::llm::simulator {
namespace {

Fault make(Fault::Kind kind, unsigned lines = 0) {
  Fault fault;
  fault.kind = kind;
  fault.lines = lines;
  return fault;
}

} // namespace

Fault Fault::reset_before_response() { return make(Kind::reset_before_response); }

Fault Fault::reset_after_lines(unsigned lines) { return make(Kind::reset_after_lines, lines); }

Fault Fault::close_before_response() { return make(Kind::close_before_response); }

Fault Fault::close_mid_chunk(unsigned after_lines) {
  return make(Kind::close_mid_chunk, after_lines);
}

Fault Fault::close_after_lines(unsigned lines) { return make(Kind::close_after_lines, lines); }

Fault Fault::end_without_done(unsigned after_lines) {
  return make(Kind::end_without_done, after_lines);
}

Fault Fault::error_line(unsigned after_lines, std::string text) {
  Fault fault = make(Kind::error_line, after_lines);
  fault.text = std::move(text);
  return fault;
}

Fault Fault::garbage_line(unsigned after_lines, std::string text) {
  Fault fault = make(Kind::garbage_line, after_lines);
  fault.text = std::move(text);
  return fault;
}

Fault Fault::stall_before_response(std::optional<std::chrono::milliseconds> delay) {
  Fault fault = make(Kind::stall_before_response);
  fault.delay = delay;
  return fault;
}

Fault Fault::stall_after_lines(unsigned lines, std::optional<std::chrono::milliseconds> delay) {
  Fault fault = make(Kind::stall_after_lines, lines);
  fault.delay = delay;
  return fault;
}

Fault Fault::respond(int status, std::string body, std::string content_type, Headers headers) {
  Fault fault = make(Kind::respond);
  fault.status = status;
  fault.body = std::move(body);
  fault.content_type = std::move(content_type);
  fault.headers = std::move(headers);
  return fault;
}

Fault Fault::busy(std::optional<unsigned> retry_after) {
  Headers headers;
  if (retry_after)
    headers.emplace_back("Retry-After", std::to_string(*retry_after));
  return respond(503,
                 R"({"error":"server busy, please try again.  maximum pending requests exceeded"})",
                 "application/json; charset=utf-8", std::move(headers));
}

Fault Fault::model_missing(std::string model_as_told) {
  return respond(404, R"({"error":"model ')" + model_as_told + R"(' not found"})");
}

Fault Fault::redirect(int status, std::string location) {
  return respond(status, "", "", {{"Location", std::move(location)}});
}

Fault Fault::malformed_json(unsigned line) { return make(Kind::malformed_json, line); }

Fault Fault::wrong_types() { return make(Kind::wrong_types); }

Fault Fault::huge_line(std::uint64_t bytes, unsigned after_lines) {
  Fault fault = make(Kind::huge_line, after_lines);
  fault.bytes = std::min(bytes, max_line_bytes);
  return fault;
}

Fault Fault::nested_json(unsigned depth, unsigned after_lines) {
  Fault fault = make(Kind::nested_json, after_lines);
  fault.depth = depth;
  return fault;
}

Fault Fault::invalid_utf8(unsigned after_lines) { return make(Kind::invalid_utf8, after_lines); }

Fault Fault::data_after_done() { return make(Kind::data_after_done); }

Fault Fault::no_done() { return make(Kind::no_done); }

Fault Fault::header_flood(unsigned headers, std::uint64_t bytes) {
  Fault fault = make(Kind::header_flood);
  fault.count_of_headers = headers;
  fault.bytes = bytes;
  return fault;
}

Fault Fault::slow_drip(std::chrono::milliseconds per_byte) {
  Fault fault = make(Kind::slow_drip);
  fault.delay = per_byte;
  return fault;
}

Fault Fault::merged_chunks() { return make(Kind::merged_chunks); }

Fault Fault::split_chunks(std::uint64_t every_bytes) {
  Fault fault = make(Kind::split_chunks);
  fault.bytes = std::max<std::uint64_t>(1, every_bytes);
  return fault;
}

Fault Fault::split_utf8() { return make(Kind::split_utf8); }

Fault Fault::raw(std::vector<Piece> pieces, Ending ending) {
  Fault fault = make(Kind::raw);
  fault.pieces = std::move(pieces);
  fault.ending = ending;
  return fault;
}

Fault Fault::held() { return make(Kind::held); }

Fault Fault::on(std::string only_path) const {
  Fault fault = *this;
  fault.path = std::move(only_path);
  return fault;
}

Fault Fault::for_model(std::string only_model) const {
  Fault fault = *this;
  fault.model = std::move(only_model);
  return fault;
}

Fault Fault::times(unsigned hits) const {
  Fault fault = *this;
  fault.count = hits;
  return fault;
}

Fault Fault::after(unsigned requests) const {
  Fault fault = *this;
  fault.skip = requests;
  return fault;
}

} // namespace nexus::llm::simulator
