// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstddef>
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
/// streaming is cut before its first byte if `lines` is 0 (except for `close_mid_chunk`), otherwise
/// after three quarters. Plain data; copies are independent.
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

  using Headers = std::vector<std::pair<std::string, std::string>>;

  Kind kind = Kind::reset_before_response;
  /// Path of the request, e.g. "/api/chat". Empty: generate, chat, embed and embeddings.
  std::string path;
  /// Model name in the request, as written by the client. Empty: any.
  std::string model;
  /// Number of matching requests to let pass first.
  unsigned skip = 0;
  /// Number of requests to apply the fault to; 0: until it is cleared.
  unsigned count = 1;

  unsigned lines = 0;
  std::optional<std::chrono::milliseconds> delay;
  int status = 500;
  std::string body;
  std::string content_type;
  Headers headers;
  std::string text;
  std::uint64_t bytes = 0;
  unsigned depth = 0;
  unsigned count_of_headers = 0;
  std::vector<Piece> pieces;
  Ending ending = Ending::fin;

  /// The longest line that huge_line() generates, in bytes.
  static constexpr std::uint64_t max_line_bytes = 256ULL << 20U;

  [[nodiscard]] static Fault reset_before_response();
  [[nodiscard]] static Fault reset_after_lines(unsigned lines);
  [[nodiscard]] static Fault close_before_response();
  [[nodiscard]] static Fault close_mid_chunk(unsigned after_lines);
  [[nodiscard]] static Fault close_after_lines(unsigned lines);
  [[nodiscard]] static Fault end_without_done(unsigned after_lines);
  [[nodiscard]] static Fault error_line(unsigned after_lines, std::string text);
  [[nodiscard]] static Fault garbage_line(unsigned after_lines, std::string text = "!garbage!");
  /// Stalls before processing the request, so it takes no slot. Unset `delay`: never resumes.
  [[nodiscard]] static Fault
  stall_before_response(std::optional<std::chrono::milliseconds> delay = std::nullopt);
  /// Stalls while the request holds its slot. Unset `delay`: never resumes.
  [[nodiscard]] static Fault
  stall_after_lines(unsigned lines, std::optional<std::chrono::milliseconds> delay = std::nullopt);
  /// Sends a custom response with Content-Length. Empty content type: no such header.
  [[nodiscard]] static Fault respond(int status, std::string body,
                                     std::string content_type = "application/json; charset=utf-8",
                                     Headers headers = {});
  /// Responds with 503 and the error text of a full queue; `retry_after` (seconds) adds that
  /// header.
  [[nodiscard]] static Fault busy(std::optional<unsigned> retry_after = std::nullopt);
  /// Responds with 404 as if the model were not installed.
  [[nodiscard]] static Fault model_missing(std::string model_as_told);
  [[nodiscard]] static Fault redirect(int status, std::string location);
  [[nodiscard]] static Fault malformed_json(unsigned line = 0);
  [[nodiscard]] static Fault wrong_types();
  /// `bytes` up to max_line_bytes. Generates the line while sending; never holds it in memory.
  [[nodiscard]] static Fault huge_line(std::uint64_t bytes, unsigned after_lines = 0);
  [[nodiscard]] static Fault nested_json(unsigned depth, unsigned after_lines = 0);
  [[nodiscard]] static Fault invalid_utf8(unsigned after_lines = 0);
  [[nodiscard]] static Fault data_after_done();
  [[nodiscard]] static Fault no_done();
  [[nodiscard]] static Fault header_flood(unsigned headers, std::uint64_t bytes);
  [[nodiscard]] static Fault slow_drip(std::chrono::milliseconds per_byte);
  [[nodiscard]] static Fault merged_chunks();
  [[nodiscard]] static Fault split_chunks(std::uint64_t every_bytes);
  [[nodiscard]] static Fault split_utf8();
  [[nodiscard]] static Fault raw(std::vector<Piece> pieces, Ending ending = Ending::fin);
  /// The response consists of what Simulator::send_held() and end_held() send.
  [[nodiscard]] static Fault held();

  /// Applies only to requests with this path.
  [[nodiscard]] Fault on(std::string only_path) const;
  /// Applies only to requests for this model.
  [[nodiscard]] Fault for_model(std::string only_model) const;
  /// Applies to this many requests; 0: until cleared.
  [[nodiscard]] Fault times(unsigned hits) const;
  /// Lets this many matching requests pass first.
  [[nodiscard]] Fault after(unsigned requests) const;
};

} // namespace nexus::llm::simulator
