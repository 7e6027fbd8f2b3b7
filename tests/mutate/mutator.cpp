// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mutate/mutator.hpp"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

#include "tests/mutate/source.hpp"

namespace nexus::mutate {

namespace {

using Kind = Token::Kind;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> many) {
  return std::find(many.begin(), many.end(), text) != many.end();
}

/// What an operator between two operands becomes.
std::string_view other_operator(std::string_view mark) {
  static const std::map<std::string_view, std::string_view> others{
      {"<", "<="},  {"<=", "<"},  {">", ">="},  {">=", ">"},  {"==", "!="}, {"!=", "=="},
      {"&&", "||"}, {"||", "&&"}, {"+", "-"},   {"-", "+"},   {"*", "/"},   {"/", "*"},
      {"%", "/"},   {"+=", "-="}, {"-=", "+="}, {"*=", "/="}, {"/=", "*="}, {"|=", "&="},
  };
  const auto found = others.find(mark);
  return found == others.end() ? std::string_view{} : found->second;
}

std::string_view other_word(std::string_view word) {
  static const std::map<std::string_view, std::string_view> others{
      {"true", "false"},
      {"false", "true"},
      {"min", "max"},
      {"max", "min"},
      {"any_of", "all_of"},
      {"all_of", "any_of"},
      {"none_of", "any_of"},
      {"ceil", "floor"},
      {"find_first_of", "find_last_of"},
      {"front", "back"},
      {"back", "front"},
      {"starts_with", "ends_with"},
      {"ends_with", "starts_with"},
  };
  const auto found = others.find(word);
  return found == others.end() ? std::string_view{} : found->second;
}

/// One more, and 0 instead of 1.
std::string other_number(std::string_view number) {
  if (number == "1")
    return "0";
  if (number.starts_with("0x"))
    return "(" + std::string{number} + " + 1)";
  std::string digits;
  std::size_t at = 0;
  for (; at < number.size() &&
         (std::isdigit(static_cast<unsigned char>(number[at])) != 0 || number[at] == '\'');
       ++at)
    if (number[at] != '\'')
      digits += number[at];
  return digits.size() > 9
             ? std::string{}
             : std::to_string(std::stoul(digits) + 1) + std::string{number.substr(at)};
}

class Mutator {
public:
  Mutator(std::string_view text, std::size_t first, const std::set<std::size_t>& dropped)
      : source_{text}, next_{first}, dropped_{dropped} {}

  Mutated run() {
    declarations(0, source_.size());
    return {rendered(), std::move(mutants_)};
  }

private:
  /// A change of one token, or of the whole if there is none.
  struct Change {
    std::size_t at = Source::none;
    std::string instead;
    std::string told;
  };
  struct Edit {
    std::size_t at;
    std::size_t erased;
    std::string text;
  };
  /// An alternative that is in the output.
  struct Choice {
    std::string question;
    std::string text;
  };

  // Where statements are. Each function takes the first token of what it handles, and returns the
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
      return after_angles(at + 1);
    if (is_one_of(word, {"namespace", "class", "struct", "union"}) ||
        (word == "extern" && source_[at + 1].kind == Kind::text)) {
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
        const auto last = statement_end(at);
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
    const auto last = statement_end(at);
    if (word == "return")
      return_statement(at, last);
    else if (const auto equals = declared(at, last))
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
      if (const auto body = lambda_body(at, last)) {
        block(*body);
        at = source_.partner(*body);
      }
  }

  [[nodiscard]] std::optional<std::size_t> lambda_body(std::size_t at, std::size_t last) const {
    if (!source_.is(at, "[") || at == 0)
      return std::nullopt;
    const auto& before = source_[at - 1];
    if (before.text == ")" || before.text == "]" || before.kind == Kind::text ||
        (before.kind == Kind::word && before.text != "return"))
      return std::nullopt;
    at = source_.partner(at) + 1;
    if (source_.is(at, "("))
      at = source_.partner(at) + 1;
    while (at < last &&
           (source_.is_word(at) || is_one_of(source_[at].text, {"->", "::", "<", ">", "*", "&"})))
      ++at;
    return source_.is(at, "{") ? std::optional{at} : std::nullopt;
  }

  [[nodiscard]] std::size_t statement_end(std::size_t at) const {
    while (!source_.is(at, ";"))
      at = source_.is(at, "(") || source_.is(at, "[") || source_.is(at, "{")
               ? source_.partner(at) + 1
               : at + 1;
    return at;
  }
  [[nodiscard]] std::size_t after_statement(std::size_t at) const { return statement_end(at) + 1; }

  [[nodiscard]] std::size_t after_angles(std::size_t at) const {
    int depth = 0;
    do {
      if (source_.is(at, "<"))
        ++depth;
      else if (source_.is(at, ">"))
        --depth;
      else if (source_.is(at, ">>"))
        depth -= 2;
      ++at;
    } while (depth > 0);
    return at;
  }

  /// For a declaration: its `=`, or its end where there is none.
  [[nodiscard]] std::optional<std::size_t> declared(std::size_t first, std::size_t last) const {
    if (is_one_of(source_[first].text, {"delete", "throw", "co_return", "break", "continue"}))
      return std::nullopt;
    bool is_declaration = is_one_of(
        source_[first].text, {"const", "auto", "static", "constexpr", "alignas", "thread_local"});
    for (auto at = first; at < last; ++at) {
      if (source_.is(at, "=") && is_declaration)
        return at;
      if (source_.is(at, "(") || source_.is(at, "{") || source_.is(at, "[")) {
        if (!is_declaration)
          return std::nullopt;
        at = source_.partner(at);
        continue;
      }
      // Two names upon each other, as in `Type name`.
      const auto& before = source_[at > first ? at - 1 : at];
      if (at > first && source_.is_word(at) &&
          (before.kind == Kind::word ||
           (is_one_of(before.text, {">", "&", "*", ">>", "&&"}) && !source_.is_spaced(at - 1))))
        is_declaration = true;
    }
    return is_declaration ? std::optional{last} : std::nullopt;
  }

  // What is changed.

  [[nodiscard]] std::vector<Change> changes(std::size_t first, std::size_t last) const {
    std::vector<Change> out;
    for (auto at = first; at < last; ++at) {
      if (const auto body = lambda_body(at, last)) {
        at = source_.partner(*body);
        continue;
      }
      const auto& token = source_[at];
      std::string instead;
      if (token.kind == Kind::number)
        instead = other_number(token.text);
      else if (token.kind == Kind::word)
        instead = other_word(token.text);
      else if (token.text == "++" || token.text == "--")
        instead = token.text == "++" ? "--" : "++";
      else if (token.text == "!")
        out.push_back({at, "", "`!` left out"});
      else if (token.kind == Kind::mark && source_.is_spaced(at))
        instead = other_operator(token.text);
      if (!instead.empty())
        out.push_back({at, instead, "`" + std::string{token.text} + "` became `" + instead + "`"});
    }
    return out;
  }

  /// Numbers the changes, and keeps those that compile.
  std::vector<std::pair<std::size_t, Change>> numbered(std::size_t first,
                                                       std::vector<Change> changes) {
    std::vector<std::pair<std::size_t, Change>> out;
    for (auto& change : changes) {
      const auto id = next_++;
      if (dropped_.contains(id))
        continue;
      const auto at = change.at == Source::none ? first : change.at;
      mutants_.push_back({id, source_[at].line, source_.column_of(at),
                          change.told + " in: " + std::string{source_.line_of(at)}});
      out.emplace_back(id, std::move(change));
    }
    return out;
  }

  static std::string asks(std::size_t id, std::string_view when = "") {
    return std::string{when} + "nexus_mutant(" + std::to_string(id) + ")";
  }

  [[nodiscard]] std::string changed(std::size_t first, std::size_t last,
                                    const Change& change) const {
    return change.at == Source::none ? change.instead
                                     : source_.joined(first, last, change.at, change.instead);
  }

  void insert(std::size_t token, std::string text) {
    edits_.push_back({source_[token].begin, 0, std::move(text)});
  }

  /// Alternatives to an expression, which `cast` makes the same type.
  void alternatives(std::size_t first, std::size_t last, std::vector<Change> wanted,
                    std::string_view cast, std::string_view when = "") {
    const auto kept = numbered(first, std::move(wanted));
    if (kept.empty())
      return;
    std::string before;
    for (const auto& [id, change] : kept)
      before += "\n" + asks(id, when) + " ? " + std::string{cast} + "(" +
                changed(first, last, change) + ") :";
    insert(first, before + "\n" + std::string{cast} + "(");
    insert(last, ")");
  }

  void condition(std::size_t first, std::size_t last, bool may_hold) {
    if (first >= last || declared(first, last))
      return;
    auto wanted = changes(first, last);
    const bool is_constant = last == first + 1 && is_one_of(source_[first].text, {"true", "false"});
    if (!is_constant) {
      wanted.push_back({Source::none, "false", "the condition became `false`"});
      if (may_hold)
        wanted.push_back({Source::none, "true", "the condition became `true`"});
    }
    alternatives(first, last, std::move(wanted), "bool");
  }

  void step(std::size_t first, std::size_t last) {
    if (first < last)
      alternatives(first, last, changes(first, last), "void");
  }

  /// Of a variable, which is not a constant of the compiler any more where it has mutants.
  void initialiser(std::size_t first, std::size_t equals, std::size_t last) {
    lambdas(first, last);
    if (equals >= last || source_.is(equals + 1, "{"))
      return;
    const auto before = mutants_.size();
    std::size_t constant = first;
    while (constant < equals && !source_.is(constant, "constexpr"))
      ++constant;
    // Else the compiler would ask, and nobody any more.
    const bool asks_at_start = constant < equals || !in_function_;
    alternatives(equals + 1, last, changes(equals + 1, last), "", asks_at_start ? "running_" : "");
    if (constant == equals || mutants_.size() == before)
      return;
    const bool is_member = constant > 0 && source_.is(constant - 1, "static") && !in_function_;
    edits_.push_back({source_[constant].begin, source_[constant].text.size(),
                      is_member ? "inline const" : "const"});
  }

  void return_statement(std::size_t first, std::size_t last) {
    lambdas(first, last);
    const auto kept = last == first + 1 ? numbered(first, {deletion()})
                                        : numbered(first, changes(first + 1, last));
    if (kept.empty())
      return;
    std::string before = "{";
    for (const auto& [id, change] : kept)
      before += last == first + 1 ? "\nif (!" + asks(id) + ")"
                                  : "\nif (" + asks(id) + ") " + changed(first, last, change) + ";";
    insert(first, before + "\n");
    edits_.push_back({source_[last].end(), 0, " }"});
  }

  void expression_statement(std::size_t first, std::size_t last) {
    lambdas(first, last);
    auto wanted = changes(first, last);
    if (may_be_left_out(first, last))
      wanted.push_back(deletion());
    const auto kept = numbered(first, std::move(wanted));
    if (kept.empty())
      return;
    std::string before = "{";
    for (const auto& [id, change] : kept)
      before += change.at == Source::none
                    ? "\nif (!" + asks(id) + ")"
                    : "\nif (" + asks(id) + ") " + changed(first, last, change) + "; else";
    insert(first, before + "\n");
    edits_.push_back({source_[last].end(), 0, " }"});
  }

  static Change deletion() { return {Source::none, "", "left out"}; }

  /// Whoever reserves memory changes nothing that a test could see; a `throw` may end a function
  /// that has to return something.
  [[nodiscard]] bool may_be_left_out(std::size_t first, std::size_t last) const {
    if (source_.is(first, "throw"))
      return false;
    for (auto at = first; at < last; ++at)
      if (source_.is(at, "reserve"))
        return false;
    return true;
  }

  [[nodiscard]] std::string rendered() {
    std::stable_sort(edits_.begin(), edits_.end(),
                     [](const Edit& left, const Edit& right) { return left.at < right.at; });
    std::string out;
    std::size_t at = 0;
    for (const auto& edit : edits_) {
      out += source_.text().substr(at, edit.at - at);
      out += edit.text;
      at = edit.at + edit.erased;
    }
    out += source_.text().substr(at);
    return out;
  }

  Source source_;
  std::size_t next_;
  const std::set<std::size_t>& dropped_;
  bool in_function_ = false;
  std::vector<Mutant> mutants_;
  std::vector<Edit> edits_;
};

} // namespace

Mutated mutate(std::string_view source, std::size_t first, const std::set<std::size_t>& dropped) {
  return Mutator{source, first, dropped}.run();
}

} // namespace nexus::mutate
