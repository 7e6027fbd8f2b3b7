// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mutate/rewriter.hpp"

#include <algorithm>
#include <utility>

namespace nexus::mutate {

namespace {

std::string asks(std::size_t id, std::string_view when = "") {
  return std::string{when} + "nexus_mutant(" + std::to_string(id) + ")";
}

} // namespace

bool Rewriter::offer(std::size_t first, std::size_t last, std::vector<Change> changes,
                     std::string_view cast, std::string_view when) {
  const auto kept = numbered(first, std::move(changes));
  if (kept.empty())
    return false;
  std::string before;
  for (const auto& [id, change] : kept)
    before += "\n" + asks(id, when) + " ? " + std::string{cast} + "(" +
              changed(first, last, change) + ") :";
  insert(first, before + "\n" + std::string{cast} + "(");
  insert(last, ")");
  return true;
}

void Rewriter::offer_statement(std::size_t first, std::size_t last, std::vector<Change> changes) {
  const auto kept = numbered(first, std::move(changes));
  if (kept.empty())
    return;
  const std::string_view otherwise = source_.is(first, "return") ? ";" : "; else";
  std::string before = "{";
  for (const auto& [id, change] : kept)
    before += change.at == Source::none ? "\nif (!" + asks(id) + ")"
                                        : "\nif (" + asks(id) + ") " +
                                              changed(first, last, change) + std::string{otherwise};
  insert(first, before + "\n");
  edits_.push_back({source_[last].end(), 0, " }"});
}

void Rewriter::replace(std::size_t token, std::string text) {
  edits_.push_back({source_[token].begin, source_[token].text.size(), std::move(text)});
}

Mutated Rewriter::result() {
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
  return {std::move(out), std::move(mutants_)};
}

std::vector<Rewriter::Numbered> Rewriter::numbered(std::size_t first, std::vector<Change> changes) {
  std::vector<Numbered> out;
  for (auto& change : changes) {
    const auto id = next_++;
    if (dropped_.contains(id))
      continue;
    const auto at = change.at == Source::none ? first : change.at;
    mutants_.push_back({id, source_[at].line, source_.column_of(at),
                        change.told + " in: " + std::string{source_.line_of(at)}});
    out.push_back({id, std::move(change)});
  }
  return out;
}

std::string Rewriter::changed(std::size_t first, std::size_t last, const Change& change) const {
  return change.at == Source::none ? change.instead
                                   : source_.joined(first, last, change.at, change.instead);
}

void Rewriter::insert(std::size_t token, std::string text) {
  edits_.push_back({source_[token].begin, 0, std::move(text)});
}

} // namespace nexus::mutate
