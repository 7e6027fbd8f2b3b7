// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "nexus_llm/llm_client_config.hpp"
#include "nexus_llm/llm_request.hpp"
#include "nexus_llm/llm_response.hpp"

namespace nexus::llm {

/// Whether repeating the request gives the same response: temperature 0 or a fixed seed, set by the
/// request or by its raw options.
[[nodiscard]] bool is_repeatable(const LLMRequest& request);

/// Caches responses for a limited time and up to a number of bytes; evicts the least recently used
/// first. Not thread-safe.
class ResponseCache {
public:
  using Time = std::chrono::steady_clock::time_point;

  explicit ResponseCache(const CacheSettings& settings) { set_settings(settings); }

  /// Sets the bounds and evicts what no longer fits.
  void set_settings(const CacheSettings& settings);

  [[nodiscard]] std::optional<LLMResponse> find(const std::string& key, Time now);
  /// Caches a response, unless it alone exceeds the size of the cache.
  void insert(std::string key, LLMResponse response, Time now);

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
  struct Entry {
    std::string key;
    LLMResponse response;
    Time since;
    std::uint64_t bytes = 0;
  };
  using Entries = std::list<Entry>; ///< most recently used first

  void erase(Entries::iterator entry);
  void shrink();

  CacheSettings settings_;
  Entries entries_;
  std::unordered_map<std::string, Entries::iterator> index_;
  std::uint64_t bytes_ = 0;
};

} // namespace nexus::llm
