// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nexus::llm::simulator {

/// A fault that the simulator applies to the next matching request or requests.
///
/// Create a fault with one of the static functions and then restrict it, e.g.
/// `Fault::reset_after_lines(3).on("/api/chat").times(2)`. The simulator tries faults in the order
/// of injection and applies the first one that matches and is not used up. Line numbers count lines
/// of the NDJSON body; if a stream ends earlier, the fault applies at its end. A response without
/// streaming counts as a stream of one line. Plain data; copies are independent.
struct Fault {
  enum class Kind {
    reset_before_response, ///< TCP reset before the first byte
    reset_after_lines,     ///< TCP reset after `lines` lines
    close_before_response, ///< FIN before the first byte
    close_mid_chunk,       ///< FIN inside the chunk after `lines` lines; no zero chunk
    close_after_lines,     ///< FIN after `lines` whole chunks; no zero chunk (a killed server)
    end_without_done,      ///< clean end of stream after `lines` lines, no `done:true`
    error_line,            ///< `{"error":text}` after `lines` lines, then a clean end
    garbage_line,          ///< `text` as one line after `lines` lines, then the stream continues
    stall_before_response, ///< silence of `delay` (unset: forever), then a normal response
    stall_after_lines,     ///< the same after `lines` lines
    respond,               ///< the given status, headers and body
    malformed_json,        ///< a response cut off inside its JSON (line `lines` of a stream)
    wrong_types,           ///< fields of the response have wrong JSON types
    huge_line,             ///< after `lines` lines, one line of `bytes` bytes
    nested_json,           ///< after `lines` lines, one line with arrays nested `depth` deep
    invalid_utf8,          ///< after `lines` lines, one line whose text is not UTF-8
    data_after_done,       ///< further lines after the one with `done:true`
    no_done,               ///< every object has `done:false`, including the last one
    header_flood,          ///< `count_of_headers` extra headers of about `bytes` bytes in total
    slow_drip,             ///< the response byte by byte, `delay` apart
    merged_chunks,         ///< the whole stream in one chunk
    split_chunks,          ///< a chunk boundary every `bytes` bytes of the stream
    split_utf8,            ///< chunk boundaries inside each multi-byte character
    raw,                   ///< `pieces` unchanged, then `ending`
    held,                  ///< only what Simulator::send_held() sends
  };

  /// What follows the last piece of a raw response.
  enum class Ending { keep_open, fin, rst };

  /// Bytes to send unchanged.
  struct Piece {
    std::string bytes;
    /// Pause before the bytes.
    std::chrono::milliseconds delay{0};
  };

  using Delay = std::optional<std::chrono::milliseconds>;
  using Headers = std::vector<std::pair<std::string, std::string>>;

  Kind kind = Kind::reset_before_response;
  unsigned lines = 0;
  std::string text = {};
  Delay delay = {};
  std::uint64_t bytes = 0;
  unsigned depth = 0;
  unsigned count_of_headers = 0;
  int status = 500;
  std::string body = {};
  std::string content_type = {};
  Headers headers = {};
  std::vector<Piece> pieces = {};
  Ending ending = Ending::fin;

  /// Path of the request, e.g. "/api/chat". Empty: generate, chat and embed.
  std::string path = {};
  /// Model name in the request, as written by the client. Empty: any.
  std::string model = {};
  /// Number of matching requests to let pass first.
  unsigned skip = 0;
  /// Number of requests to apply the fault to; 0: until it is cleared.
  unsigned count = 1;

  /// The longest line that huge_line() generates, in bytes.
  static constexpr std::uint64_t max_line_bytes = 256ULL << 20U;

  static Fault reset_before_response() { return {Kind::reset_before_response}; }
  static Fault reset_after_lines(unsigned lines) { return {Kind::reset_after_lines, lines}; }
  static Fault close_before_response() { return {Kind::close_before_response}; }
  static Fault close_mid_chunk(unsigned lines) { return {Kind::close_mid_chunk, lines}; }
  static Fault close_after_lines(unsigned lines) { return {Kind::close_after_lines, lines}; }
  static Fault end_without_done(unsigned lines) { return {Kind::end_without_done, lines}; }
  static Fault error_line(unsigned lines, std::string text) {
    return {Kind::error_line, lines, std::move(text)};
  }
  static Fault garbage_line(unsigned lines, std::string text = "!garbage!") {
    return {Kind::garbage_line, lines, std::move(text)};
  }
  /// Stalls before processing the request, so it takes no slot. Unset `delay`: never resumes.
  static Fault stall_before_response(Delay delay = std::nullopt) {
    return {.kind = Kind::stall_before_response, .delay = delay};
  }
  /// Stalls while the request holds its slot. Unset `delay`: never resumes.
  static Fault stall_after_lines(unsigned lines, Delay delay = std::nullopt) {
    return {.kind = Kind::stall_after_lines, .lines = lines, .delay = delay};
  }
  /// Sends a custom response with Content-Length. Empty content type: no such header.
  static Fault respond(int status, std::string body,
                       std::string content_type = "application/json; charset=utf-8",
                       Headers headers = {}) {
    return {.kind = Kind::respond,
            .status = status,
            .body = std::move(body),
            .content_type = std::move(content_type),
            .headers = std::move(headers)};
  }
  /// Responds with 503 and the error text of a full queue; `retry_after` (seconds) adds that
  /// header.
  static Fault busy(std::optional<unsigned> retry_after = std::nullopt) {
    auto fault = respond(
        503, R"({"error":"server busy, please try again.  maximum pending requests exceeded"})");
    if (retry_after)
      fault.headers.emplace_back("Retry-After", std::to_string(*retry_after));
    return fault;
  }
  /// Responds with 404 as if the model were not installed.
  static Fault model_missing(const std::string& model_as_told) {
    return respond(404, R"({"error":"model ')" + model_as_told + R"(' not found"})");
  }
  static Fault redirect(int status, std::string location) {
    return respond(status, "", "", {{"Location", std::move(location)}});
  }
  static Fault malformed_json(unsigned line = 0) { return {Kind::malformed_json, line}; }
  static Fault wrong_types() { return {Kind::wrong_types}; }
  /// `bytes` up to max_line_bytes. Generates the line while sending; never holds it in memory.
  static Fault huge_line(std::uint64_t bytes, unsigned lines = 0) {
    return {.kind = Kind::huge_line, .lines = lines, .bytes = std::min(bytes, max_line_bytes)};
  }
  static Fault nested_json(unsigned depth, unsigned lines = 0) {
    return {.kind = Kind::nested_json, .lines = lines, .depth = depth};
  }
  static Fault invalid_utf8(unsigned lines = 0) { return {Kind::invalid_utf8, lines}; }
  static Fault data_after_done() { return {Kind::data_after_done}; }
  static Fault no_done() { return {Kind::no_done}; }
  static Fault header_flood(unsigned headers, std::uint64_t bytes) {
    return {.kind = Kind::header_flood, .bytes = bytes, .count_of_headers = headers};
  }
  static Fault slow_drip(std::chrono::milliseconds per_byte) {
    return {.kind = Kind::slow_drip, .delay = per_byte};
  }
  static Fault merged_chunks() { return {Kind::merged_chunks}; }
  static Fault split_chunks(std::uint64_t every_bytes) {
    return {.kind = Kind::split_chunks, .bytes = std::max<std::uint64_t>(1, every_bytes)};
  }
  static Fault split_utf8() { return {Kind::split_utf8}; }
  static Fault raw(std::vector<Piece> pieces, Ending ending = Ending::fin) {
    return {.kind = Kind::raw, .pieces = std::move(pieces), .ending = ending};
  }
  /// The response consists of what Simulator::send_held() and end_held() send.
  static Fault held() { return {.kind = Kind::held}; }

  /// Applies only to requests with this path.
  Fault on(std::string only_path) const {
    Fault fault = *this;
    fault.path = std::move(only_path);
    return fault;
  }
  /// Applies only to requests for this model.
  Fault for_model(std::string only_model) const {
    Fault fault = *this;
    fault.model = std::move(only_model);
    return fault;
  }
  /// Applies to this many requests; 0: until cleared.
  Fault times(unsigned hits) const {
    Fault fault = *this;
    fault.count = hits;
    return fault;
  }
  /// Lets this many matching requests pass first.
  Fault after(unsigned requests) const {
    Fault fault = *this;
    fault.skip = requests;
    return fault;
  }
};

} // namespace nexus::llm::simulator
