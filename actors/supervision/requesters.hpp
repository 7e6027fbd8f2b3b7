// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <caf/actor_addr.hpp>

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace nexus::llm {

/// Who waits for which requests. Each requester is monitored once, however many requests it has:
/// CAF searches all monitors of an actor to end one. Not thread-safe.
class Requesters {
public:
  using Numbers = std::unordered_set<std::uint64_t>;

  /// Returns whether this is its first request: monitor it.
  [[nodiscard]] bool add(const caf::actor_addr& requester, std::uint64_t number) {
    requester_of_.emplace(number, requester);
    auto& numbers = numbers_of_[requester];
    numbers.insert(number);
    return numbers.size() == 1;
  }

  /// A request was answered. Returns its requester if that was its last one: end the monitor.
  [[nodiscard]] caf::actor_addr remove(std::uint64_t number) {
    const auto request = requester_of_.extract(number);
    if (request.empty())
      return {};
    const auto numbers = numbers_of_.find(request.mapped());
    numbers->second.erase(number);
    if (!numbers->second.empty())
      return {};
    numbers_of_.erase(numbers);
    return request.mapped();
  }

  /// A requester is dead. Returns its requests, which are removed.
  [[nodiscard]] Numbers remove_all(const caf::actor_addr& requester) {
    auto entry = numbers_of_.extract(requester);
    if (entry.empty())
      return {};
    auto numbers = std::move(entry.mapped());
    for (const auto number : numbers)
      requester_of_.erase(number);
    return numbers;
  }

private:
  std::unordered_map<caf::actor_addr, Numbers> numbers_of_;
  std::unordered_map<std::uint64_t, caf::actor_addr> requester_of_;
};

} // namespace nexus::llm
