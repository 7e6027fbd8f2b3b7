// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace nexus::llm::test {

/// A cable between a client and a node on this machine that can be as bad as a test wants: it
/// passes TCP connections on. Any thread.
class Cable {
public:
  struct Quality {
    std::chrono::milliseconds delay{}; ///< of everything, each way
    std::size_t piece = 64u << 10;     ///< the most bytes that arrive together
    std::chrono::milliseconds pause{}; ///< behind each piece
    bool recorded = false;             ///< what it carries is kept
  };

  Cable(std::uint16_t target, Quality quality);
  ~Cable();
  Cable(const Cable&) = delete;
  Cable& operator=(const Cable&) = delete;

  /// Where clients connect.
  [[nodiscard]] std::uint16_t port() const;

  /// Nothing passes until `mend`; nothing is lost either, as with packets that are sent again.
  void hold();
  void mend();
  /// Resets every connection. New ones are passed on.
  void cut();
  /// How often somebody has connected.
  [[nodiscard]] std::size_t connections() const;
  /// What a recorded cable has carried so far, of all connections.
  [[nodiscard]] std::string sent_by_client() const;
  [[nodiscard]] std::string sent_by_node() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace nexus::llm::test
