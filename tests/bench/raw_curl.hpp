// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>
#include <string>

namespace nexus::llm::bench {

/// What the least possible work takes: libcurl alone, which counts the bytes and does not look at
/// them. Connections are kept between the calls.
class RawCurl {
public:
  explicit RawCurl(std::string base_url);
  ~RawCurl();
  RawCurl(const RawCurl&) = delete;
  RawCurl& operator=(const RawCurl&) = delete;

  /// Asks once. Returns when the answer is complete.
  void ask(const std::string& prompt);
  /// Asks `count` times, with at most `at_once` requests under way.
  void ask_many(const std::string& prompt, int count, int at_once);

private:
  [[nodiscard]] void* make_easy(const std::string& body, std::uint64_t& bytes) const;

  std::string url_;
  void* easy_ = nullptr;
  void* multi_ = nullptr;
  void* headers_ = nullptr;
};

} // namespace nexus::llm::bench
