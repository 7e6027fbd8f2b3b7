// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include "config/model_name.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(model_names)

BOOST_AUTO_TEST_CASE(names_that_ollama_accepts_are_valid) {
  for (const auto& name :
       {"tiny"s, "llama3.1:8b"s, "acme/heron:7b-q4"s, "registry.ollama.ai/library/tiny:latest"s,
        "http://h/n/m"s, "localhost:5000/n/m:t"s, "_x"s, "x_y-z.1"s, "X:Q4_K_M"s, "x.:y."s,
        std::string(80, 'a'),
        std::string(80, 'n') + "/" + std::string(80, 'm') + ":" + std::string(80, 't'),
        std::string(350, 'h') + "/n/m"})
    BOOST_TEST(is_valid_model_name(name), name);
}

BOOST_AUTO_TEST_CASE(names_that_ollama_refuses_are_not_valid) {
  for (const auto& name : {""s,
                           " "s,
                           "a b"s,
                           "-x"s,
                           ".x"s,
                           ".."s,
                           "\xC3\xA9"s,
                           "x:"s,
                           "x/"s,
                           "/x"s,
                           ":latest"s,
                           "x:y:z"s,
                           "a/b/c/d"s,
                           "x/y:z/w"s,
                           "x@sha256:aaa"s,
                           "x:-t"s,
                           "n.s/m"s,
                           "/n/m"s,
                           "h//m"s,
                           "x\n"s,
                           "x\0"s,
                           "x\\y"s,
                           "x:t u"s,
                           "://"s,
                           "http://"s,
                           "https://m:t"s,
                           "https://n/m"s,
                           std::string(81, 'a'),
                           "x:" + std::string(81, 't'),
                           std::string(81, 'n') + "/m",
                           std::string(351, 'h') + "/n/m",
                           std::string(2000, 'a')}) {
    BOOST_TEST(!is_valid_model_name(name), name);
    BOOST_TEST(parse_model_name(name).model.empty(), name);
  }
}

BOOST_AUTO_TEST_CASE(missing_parts_get_their_defaults) {
  const auto name = parse_model_name("tiny");
  BOOST_TEST(name.host == "registry.ollama.ai");
  BOOST_TEST(name.name_space == "library");
  BOOST_TEST(name.model == "tiny");
  BOOST_TEST(name.tag == "latest");
}

BOOST_AUTO_TEST_CASE(all_parts_are_told_apart) {
  const auto name = parse_model_name("http://localhost:5000/acme/heron:7b");
  BOOST_TEST(name.host == "localhost:5000");
  BOOST_TEST(name.name_space == "acme");
  BOOST_TEST(name.model == "heron");
  BOOST_TEST(name.tag == "7b");
}

BOOST_AUTO_TEST_CASE(the_short_form_leaves_defaults_out_but_always_has_a_tag) {
  BOOST_TEST(parse_model_name("tiny").short_text() == "tiny:latest");
  BOOST_TEST(parse_model_name("registry.ollama.ai/library/tiny:q4").short_text() == "tiny:q4");
  BOOST_TEST(parse_model_name("Registry.Ollama.AI/acme/tiny").short_text() == "acme/tiny:latest");
  BOOST_TEST(parse_model_name("h/library/tiny").short_text() == "h/library/tiny:latest");
}

BOOST_AUTO_TEST_CASE(names_of_one_model_are_the_same) {
  BOOST_TEST(same_model("llama3.1", "LLAMA3.1:latest"));
  BOOST_TEST(same_model("tiny", "registry.ollama.ai/library/tiny:latest"));
  BOOST_TEST(same_model("tiny", "Library/Tiny"));
  BOOST_TEST(same_model("MixedCase:Q4_0", "MIXEDCASE:q4_0"));
}

BOOST_AUTO_TEST_CASE(names_of_different_models_or_of_none_are_not_the_same) {
  BOOST_TEST(!same_model("tiny", "tiny:8b"));
  BOOST_TEST(!same_model("tiny", "acme/tiny"));
  BOOST_TEST(!same_model("tiny", "h/library/tiny"));
  BOOST_TEST(!same_model("tiny", "tiny2"));
  BOOST_TEST(!same_model("", ""));
  BOOST_TEST(!same_model("a b", "a b"));
}

BOOST_AUTO_TEST_SUITE_END()
