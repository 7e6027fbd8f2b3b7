// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>

#include "nexus_llm/request_id.hpp"

namespace nexus::llm::test {

/// The requests that something happened to lately: most of them still live. Any thread.
class SeenRequests {
public:
  void note(const RequestId& id) {
    std::lock_guard lock{mutex_};
    ids_[next_++ % ids_.size()] = id.value;
  }
  /// One of them; empty where there was none yet.
  [[nodiscard]] std::string pick(std::uint64_t lot) const {
    std::lock_guard lock{mutex_};
    return ids_[lot % ids_.size()];
  }

private:
  mutable std::mutex mutex_;
  std::array<std::string, 8> ids_;
  std::size_t next_ = 0;
};

} // namespace nexus::llm::test
