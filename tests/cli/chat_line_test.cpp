// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/chat/chat_line.hpp"

#include <boost/test/unit_test.hpp>

namespace nexus::llm::cli::test {

BOOST_AUTO_TEST_SUITE(chat_line)

using Kind = ChatLine::Kind;

BOOST_AUTO_TEST_CASE(known_words_are_commands) {
  for (const auto& command : chat_commands()) {
    const auto line = parse_chat_line(command.name);
    BOOST_TEST((line.kind == Kind::command), command.name);
    BOOST_TEST((line.verb == command.verb), command.name);
  }
  const auto set = parse_chat_line("/set  temperature 0.5 ");
  BOOST_TEST((set.kind == Kind::command && set.verb == ChatVerb::set));
  BOOST_TEST(set.text == "temperature 0.5");
}

BOOST_AUTO_TEST_CASE(unknown_words_with_a_slash_are_messages) {
  for (const char* text : {"/usr/bin/x is broken", "/nonsense", "/etc", "/etc/fstab", "/",
                           "/* x */", "/cleer it all", "hello", " /bye", ""}) {
    const auto line = parse_chat_line(text);
    BOOST_TEST((line.kind == Kind::message), text);
    BOOST_TEST(line.text == text);
  }
}

BOOST_AUTO_TEST_CASE(a_second_slash_makes_a_message_of_a_command) {
  BOOST_TEST((parse_chat_line("//bye").kind == Kind::message));
  BOOST_TEST(parse_chat_line("//bye").text == "/bye");
  BOOST_TEST(parse_chat_line("///x").text == "//x");
}

BOOST_AUTO_TEST_CASE(a_word_beside_a_command_is_a_mistake) {
  for (const auto& [typed, meant] : {std::pair{"/cleer", "/clear"},
                                     {"/hlep", "/help"},
                                     {"/BYE", "/bye"},
                                     {"/modl ", "/model"},
                                     {"/retri", "/retry"},
                                     {"/sets", "/set"}}) {
    const auto line = parse_chat_line(typed);
    BOOST_TEST((line.kind == Kind::mistyped), typed);
    BOOST_TEST(line.suggestion == meant);
  }
}

BOOST_AUTO_TEST_CASE(a_command_that_takes_nothing_is_not_obeyed_with_something_behind_it) {
  const auto line = parse_chat_line("/clear the table, please");
  BOOST_TEST((line.kind == Kind::surplus));
  BOOST_TEST(line.text == "/clear the table, please");
}

BOOST_AUTO_TEST_CASE(the_help_names_every_command) {
  const auto help = chat_help();
  for (const auto& command : chat_commands())
    if (!command.help.empty())
      BOOST_TEST(help.find(command.name) != std::string::npos, command.name);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace nexus::llm::cli::test
