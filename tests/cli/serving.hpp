// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <string>
#include <utility>

#include "tests/cli/fixture.hpp"

namespace nexus::llm::cli::test {

/// A node in a process of its own, with a configuration file of its own.
struct Serving : Fixture {
  Serving() : node{child_options({"--config", node_file(), "serve", "--listen", "127.0.0.1:0"})} {
    BOOST_REQUIRE_MESSAGE(node.read_until("\n"), node.err());
    address = node.out().substr(0, node.out().find('\n'));
  }

  [[nodiscard]] Outcome remote(Arguments arguments, std::string_view input = {}) const {
    arguments.insert(arguments.begin(), {"--connect", address});
    return run(std::move(arguments), input);
  }

  /// It has the settings that the fixture made.
  [[nodiscard]] std::string node_file() const {
    const auto file = home / "work" / "node.json";
    std::filesystem::copy_file(config_path(), file, std::filesystem::copy_options::skip_existing);
    return file.string();
  }

  Child node;
  std::string address;
};

} // namespace nexus::llm::cli::test
