// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <boost/test/unit_test.hpp>

#include <memory>
#include <string>

#include "tests/cli/fixture.hpp"
#include "tests/sidecar/front.hpp"

namespace nexus::llm::sidecar::test {

using cli::test::Arguments;
using cli::test::Child;
using cli::test::contains;
using cli::test::json_at;
using simulator::Fault;

/// A front end of a child process.
inline Front front_of(Child& child) {
  return {[&child](std::string_view text) { child.write(text); },
          [&child, from = std::size_t{0}]() mutable {
            if (!child.read_until("\n"))
              return std::string{};
            const auto end = child.out().find('\n', from);
            auto line = child.out().substr(from, end - from);
            from = end + 1;
            return line;
          }};
}

/// A sidecar on the standard streams, before a simulated Ollama.
struct Sidecar : cli::test::Fixture {
  explicit Sidecar(Arguments arguments = {"sidecar"})
      : child{child_options(std::move(arguments))}, front{front_of(child)} {}

  Child child;
  Front front;
};

} // namespace nexus::llm::sidecar::test
