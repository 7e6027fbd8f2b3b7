// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

/// A conversation on a terminal of 100 times 24.
struct Talking : Fixture {
  std::unique_ptr<Child> start(Arguments arguments = {}) {
    arguments.insert(arguments.begin(), "chat");
    auto child = std::make_unique<Child>(child_options(std::move(arguments), true));
    BOOST_TEST(child->read_until(">>> "));
    return child;
  }

  /// What the last message was.
  [[nodiscard]] std::string sent() const {
    const auto messages = json_at(last_body("/api/chat"), "messages");
    const auto parsed = json::parse(messages);
    if (!parsed || !parsed->IsArray() || parsed->Empty())
      return {};
    return std::string{json::find_text(*(parsed->End() - 1), "content").value_or("")};
  }

  /// Enters a message; what of it reached the server.
  std::string enter(Child& child, const std::string& keys) {
    child.write(keys + "\r");
    BOOST_TEST(child.read_until("Fine."));
    BOOST_TEST(child.read_until(">>> "));
    return sent();
  }

  /// Enters a command; waits for what is said to it, and for the next prompt.
  static void command(Child& child, const std::string& keys, const std::string& answer) {
    child.write(keys + "\r");
    BOOST_TEST(child.read_until(answer), keys << ": " << child.out());
    BOOST_TEST(child.read_until(">>> "));
  }

  /// The contents of all messages that the last request had, with their roles.
  [[nodiscard]] std::string conversation() const {
    std::string all;
    const auto parsed = json::parse(json_at(last_body("/api/chat"), "messages"));
    if (parsed && parsed->IsArray())
      for (const auto& message : parsed->GetArray())
        all += std::string{json::find_text(message, "role").value_or("").substr(0, 1)} + ":" +
               std::string{json::find_text(message, "content").value_or("")} + " ";
    return all;
  }

  [[nodiscard]] std::filesystem::path state() const {
    return home / ".local" / "state" / "nexus-llm";
  }

  Talking() { simulator->set_reply("llama3.1:8b", "Fine."); }
};

} // namespace nexus::llm::cli::test
