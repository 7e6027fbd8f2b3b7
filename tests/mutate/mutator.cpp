// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mutate/mutator.hpp"

#include <optional>
#include <utility>

#include "tests/mutate/change.hpp"
#include "tests/mutate/grammar.hpp"
#include "tests/mutate/rewriter.hpp"
#include "tests/mutate/source.hpp"

namespace nexus::mutate {

namespace {

/// Finds the statements, conditions and initialisers of a source, and offers changes of each.
class Mutator {
public:
  Mutator(std::string_view text, std::size_t first, const std::set<std::size_t>& dropped)
      : source_{text}, rewriter_{source_, first, dropped} {}

  Mutated run() {
    declarations(0, source_.size());
    return rewriter_.result();
  }

private:
  // Each function takes the first token of what it handles, and returns the
  // first after it.

  void declarations(std::size_t at, std::size_t end) {
    while (at < end)
      at = declaration(at, end);
  }

  std::size_t declaration(std::size_t at, std::size_t end) {
    const auto word = source_[at].text;
    if (is_one_of(word, {"public", "private", "protected"}))
      return at + 2;
    if (is_one_of(word, {"enum", "using", "typedef", "static_assert", "concept"}))
      return after_statement(at);
    if (word == "template")
      return after_angles(source_, at + 1);
    if (is_one_of(word, {"namespace", "class", "struct", "union"}) ||
        (word == "extern" && source_[at + 1].kind == Token::Kind::text)) {
      while (at < end && !source_.is(at, "{") && !source_.is(at, ";"))
        ++at;
      if (at >= end || source_.is(at, ";"))
        return at + 1;
      declarations(at + 1, source_.partner(at));
      return source_.partner(at) + 1;
    }
    return function_or_variable(at, end);
  }

  std::size_t function_or_variable(const std::size_t first, std::size_t end) {
    bool has_parameters = false;
    for (auto at = first; at < end;) {
      if (source_.is(at, ";"))
        return at + 1;
      if (source_.is(at, "operator")) {
        at += source_.is(at + 1, "(") ? 3 : 2;
      } else if (source_.is(at, "=")) {
        const auto last = statement_end(source_, at);
        if (!has_parameters) // `= default`, `= delete`, `= 0`
          initialiser(first, at, last);
        return last + 1;
      } else if (source_.is(at, ":") && has_parameters) {
        return member_initialisers(at + 1);
      } else if (source_.is(at, "{")) {
        if (!has_parameters)
          return after_statement(at);
        block(at);
        return source_.partner(at) + 1;
      } else if (source_.is(at, "(") || source_.is(at, "[")) {
        has_parameters = has_parameters || source_.is(at, "(");
        at = source_.partner(at) + 1;
      } else {
        ++at;
      }
    }
    return end;
  }

  std::size_t member_initialisers(std::size_t at) {
    while (true) {
      while (!source_.is(at, "(") && !source_.is(at, "{"))
        ++at;
      lambdas(at + 1, source_.partner(at));
      at = source_.partner(at) + 1;
      if (source_.is(at, "{")) {
        block(at);
        return source_.partner(at) + 1;
      }
      ++at;
    }
  }

  void block(std::size_t open) {
    const bool before = std::exchange(in_function_, true);
    for (auto at = open + 1; at < source_.partner(open);)
      at = statement(at);
    in_function_ = before;
  }

  std::size_t statement(std::size_t at) {
    const auto word = source_[at].text;
    if (word == "{") {
      block(at);
      return source_.partner(at) + 1;
    }
    if (word == ";")
      return at + 1;
    if (word == "[" && source_.is(at + 1, "["))
      return source_.partner(at) + 1;
    if (is_one_of(word, {"if", "while", "for", "switch"}))
      return controlled(at);
    if (word == "do") {
      at = statement(at + 1);
      whole_condition(at + 2, source_.partner(at + 1), false);
      return after_statement(at);
    }
    if (word == "else")
      return statement(at + 1);
    if (word == "try") {
      at = statement(at + 1);
      while (source_.is(at, "catch"))
        at = statement(source_.partner(at + 1) + 1);
      return at;
    }
    if (word == "case" || word == "default") {
      while (!source_.is(at, ":"))
        ++at;
      return at + 1;
    }
    if (word == "struct" || word == "class")
      return declaration(at, source_.size());
    if (is_one_of(word, {"using", "typedef", "static_assert", "enum", "goto"}))
      return after_statement(at);
    const auto last = statement_end(source_, at);
    if (word == "return")
      return_statement(at, last);
    else if (const auto equals = declared(source_, at, last))
      initialiser(at, *equals, last);
    else
      expression_statement(at, last);
    return last + 1;
  }

  /// A statement that begins with a condition in parentheses.
  std::size_t controlled(std::size_t at) {
    const auto word = source_[at].text;
    const bool fixed = source_.is(at + 1, "constexpr");
    const auto open = fixed ? at + 2 : at + 1;
    const auto close = source_.partner(open);
    std::vector<std::size_t> parts{open};
    for (auto each = open + 1; each < close; ++each) {
      if (source_.is(each, "(") || source_.is(each, "[") || source_.is(each, "{"))
        each = source_.partner(each);
      else if (source_.is(each, ";"))
        parts.push_back(each);
    }
    parts.push_back(close);
    lambdas(open + 1, close);
    if (word == "for" && parts.size() == 4) {
      condition(parts[1] + 1, parts[2], false);
      step(parts[2] + 1, close);
    } else if (word == "if" || word == "while") {
      if (!fixed)
        condition(parts[parts.size() - 2] + 1, close, word == "if");
    }
    at = statement(close + 1);
    return source_.is(at, "else") ? statement(at + 1) : at;
  }

  void whole_condition(std::size_t first, std::size_t last, bool may_hold) {
    lambdas(first, last);
    condition(first, last, may_hold);
  }

  /// The bodies of the lambdas in an expression.
  void lambdas(std::size_t first, std::size_t last) {
    for (auto at = first; at < last; ++at)
      if (const auto body = lambda_body(source_, at, last)) {
        block(*body);
        at = source_.partner(*body);
      }
  }

  [[nodiscard]] std::size_t after_statement(std::size_t at) const {
    return statement_end(source_, at) + 1;
  }

  // What is changed.

  void condition(std::size_t first, std::size_t last, bool may_hold) {
    if (first >= last || declared(source_, first, last))
      return;
    auto wanted = changes_in(source_, first, last);
    const bool is_constant = last == first + 1 && is_one_of(source_[first].text, {"true", "false"});
    if (!is_constant) {
      wanted.push_back({Source::none, "false", "the condition became `false`"});
      if (may_hold)
        wanted.push_back({Source::none, "true", "the condition became `true`"});
    }
    rewriter_.offer(first, last, std::move(wanted), "bool");
  }

  void step(std::size_t first, std::size_t last) {
    if (first < last)
      rewriter_.offer(first, last, changes_in(source_, first, last), "void");
  }

  /// Of a variable, which is not a constant of the compiler any more where it has mutants.
  void initialiser(std::size_t first, std::size_t equals, std::size_t last) {
    lambdas(first, last);
    if (equals >= last || source_.is(equals + 1, "{"))
      return;
    std::size_t constant = first;
    while (constant < equals && !source_.is(constant, "constexpr"))
      ++constant;
    // Else the compiler would ask, and nobody any more.
    const bool asks_at_start = constant < equals || !in_function_;
    const bool has_mutants =
        rewriter_.offer(equals + 1, last, changes_in(source_, equals + 1, last), "",
                        asks_at_start ? "running_" : "");
    if (constant == equals || !has_mutants)
      return;
    const bool is_member = constant > 0 && source_.is(constant - 1, "static") && !in_function_;
    rewriter_.replace(constant, is_member ? "inline const" : "const");
  }

  void return_statement(std::size_t first, std::size_t last) {
    lambdas(first, last);
    rewriter_.offer_statement(first, last,
                              last == first + 1 ? std::vector{deletion()}
                                                : changes_in(source_, first + 1, last));
  }

  void expression_statement(std::size_t first, std::size_t last) {
    lambdas(first, last);
    auto wanted = changes_in(source_, first, last);
    if (may_be_left_out(source_, first, last))
      wanted.push_back(deletion());
    rewriter_.offer_statement(first, last, std::move(wanted));
  }

  Source source_;
  Rewriter rewriter_;
  bool in_function_ = false;
};

} // namespace

Mutated mutate(std::string_view source, std::size_t first, const std::set<std::size_t>& dropped) {
  return Mutator{source, first, dropped}.run();
}

} // namespace nexus::mutate
