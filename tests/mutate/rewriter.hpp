// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/mutate/change.hpp"
#include "tests/mutate/mutator.hpp"
#include "tests/mutate/source.hpp"

namespace nexus::mutate {

/// Numbers the changes of a source and writes them into it. Source and ids must outlive it.
class Rewriter {
public:
  /// The ids begin with `first`; those of `dropped` are not written.
  Rewriter(const Source& source, std::size_t first, const std::set<std::size_t>& dropped)
      : source_{source}, next_{first}, dropped_{dropped} {}

  /// Writes alternatives to an expression, which `cast` makes the same type; `when` precedes each
  /// question. Returns whether there are any.
  bool offer(std::size_t first, std::size_t last, std::vector<Change> changes,
             std::string_view cast, std::string_view when = "");
  /// Writes alternatives to a statement that ends with the token `last`. A `return` leaves the
  /// function, so that what follows needs no `else`.
  void offer_statement(std::size_t first, std::size_t last, std::vector<Change> changes);
  /// Replaces a token, whatever mutant is on.
  void replace(std::size_t token, std::string text);

  /// The source with all that was written into it, and what that is.
  [[nodiscard]] Mutated result();

private:
  struct Edit {
    std::size_t at;
    std::size_t erased;
    std::string text;
  };
  struct Numbered {
    std::size_t id;
    Change change;
  };

  /// Numbers the changes, and keeps those that compile.
  std::vector<Numbered> numbered(std::size_t first, std::vector<Change> changes);
  [[nodiscard]] std::string changed(std::size_t first, std::size_t last,
                                    const Change& change) const;
  void insert(std::size_t token, std::string text);

  const Source& source_;
  std::size_t next_;
  const std::set<std::size_t>& dropped_;
  std::vector<Mutant> mutants_;
  std::vector<Edit> edits_;
};

} // namespace nexus::mutate
