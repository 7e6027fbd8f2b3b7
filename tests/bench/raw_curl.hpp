// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::llm::bench {

/// What the least possible work takes: libcurl alone, which counts the bytes and does not look at
/// them. Connections are kept between the calls.
class RawCurl {
public:
  /// Gets the bytes of an answer as they come.
  using Reader = std::function<void(std::string_view)>;

  explicit RawCurl(std::string base_url);
  ~RawCurl();
  RawCurl(const RawCurl&) = delete;
  RawCurl& operator=(const RawCurl&) = delete;

  /// Asks once. Returns when the answer is complete.
  void ask(const std::string& prompt, const Reader& reader = {});
  /// Asks `count` times, with at most `at_once` requests under way.
  void ask_many(const std::string& prompt, std::size_t count, std::size_t at_once);

  /// Asks one time after another. Returns how long each answer took, in microseconds.
  std::vector<double> times(const std::string& prompt, std::size_t count);
  /// The same, until the first byte of the answer.
  std::vector<double> first_bytes(const std::string& prompt, std::size_t count);
  /// Asks for a stamped stream. Returns how old each piece was when it was read, in microseconds.
  std::vector<double> chunk_ages(const std::string& prompt);

private:
  /// Makes an easy handle; the reader must outlive it.
  [[nodiscard]] void* make_easy(const std::string& body, const Reader& reader) const;

  std::string url_;
  void* easy_ = nullptr;
  void* multi_ = nullptr;
  void* headers_ = nullptr;
};

} // namespace nexus::llm::bench
