// SPDX-License-Identifier: BSD-3-Clause
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "config/model_name.hpp"
#include "tests/unit/support.hpp"

using namespace nexus::llm;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(model_names)

namespace {

/// What a real Ollama makes of a name.
struct Verdict {
  std::string name;
  /// The name by which it lists the model; empty: it refuses the name.
  std::string listed;
};

} // namespace

/// Recorded with Ollama 0.24 and later releases.
BOOST_AUTO_TEST_CASE(ollama_gave_the_same_verdicts) {
  const std::string longest(80, 'a');
  const Verdict verdicts[] = {
      {"tiny", "tiny:latest"},
      {"tiny-overseer", "tiny-overseer:latest"},
      {"tiny-overseer:latest", "tiny-overseer:latest"},
      {"tiny-overseer:7b", "tiny-overseer:7b"},
      {"llama3.1:8b", "llama3.1:8b"},
      {"MixedCase:Q4_0", "MixedCase:Q4_0"},
      {"acme/heron:7b-q4", "acme/heron:7b-q4"},
      {"registry.ollama.ai/library/tiny:latest", "tiny:latest"},
      {"127.0.0.1:9/library/x:latest", "127.0.0.1:9/library/x:latest"},
      {"registry.invalid/library/x:latest", "registry.invalid/library/x:latest"},
      {"http://h/n/m", "h/n/m:latest"},
      {"tiny:8b-cloud", "tiny:8b-cloud"},
      {longest, longest + ":latest"},
      {longest + "a", ""},
      {"", ""},
      {"a b", ""},
      {"bad name!", ""},
      {"../bad name!", ""},
      {"caf\xC3\xA9<&>", ""},
      {"\xC3\xA9", ""},
      {"-x", ""},
      {".x", ""},
      {"..", ""},
      {"x:", ""},
      {"x/", ""},
      {"/x", ""},
      {":latest", ""},
      {"x:y:z", ""},
      {"a/b/c/d", ""},
      {"x/y:z/w", ""},
      {"x@sha256:aaa", ""},
  };
  for (const auto& [name, listed] : verdicts)
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(is_valid_model_name(name) == !listed.empty());
      if (!listed.empty())
        BOOST_TEST(parse_model_name(name).short_text() == listed);
    }
}

BOOST_AUTO_TEST_CASE(every_part_has_its_characters_and_its_length) {
  for (const auto& name :
       {"_x"s, "x_y-z.1"s, "x.:y."s, "localhost:5000/n/m:t"s,
        std::string(80, 'n') + "/" + std::string(80, 'm') + ":" + std::string(80, 't'),
        std::string(350, 'h') + "/n/m",
        // As long as all parts together may be.
        "http://" + std::string(350, 'h') + "/" + std::string(80, 'n') + "/" +
            std::string(80, 'm') + ":" + std::string(80, 't')})
    BOOST_TEST(is_valid_model_name(name), name);
  for (const auto& name :
       {" "s, "x:-t"s, "n.s/m"s, "/n/m"s, "h//m"s, "x\n"s, "x\0"s, "x\\y"s, "x:t u"s, "://"s,
        "http://"s, "https://m:t"s, "https://n/m"s, "x:" + std::string(81, 't'),
        // Hosts have letters, digits, dots, hyphens, underscores and a port, as Ollama has them.
        "h~/n/m"s, "~/n/m"s, "h%/n/m"s, "[h]/n/m"s, "x~"s, "n~/m"s, "x:t~"s, "n:/m"s,
        std::string(81, 'n') + "/m", std::string(351, 'h') + "/n/m", std::string(2000, 'a')}) {
    BOOST_TEST(!is_valid_model_name(name), name);
    BOOST_TEST(parse_model_name(name).model.empty(), name);
  }
}

BOOST_AUTO_TEST_CASE(a_name_may_have_1024_bytes_with_its_scheme) {
  const std::string rest = "://h/n/m";
  BOOST_TEST(is_valid_model_name(std::string(1024 - rest.size(), 's') + rest));
  BOOST_TEST(!is_valid_model_name(std::string(1025 - rest.size(), 's') + rest));
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
  BOOST_TEST(parse_model_name("Library/Tiny").key() == parse_model_name("tiny:LATEST").key());
}

BOOST_AUTO_TEST_CASE(names_of_different_models_or_of_none_are_not_the_same) {
  BOOST_TEST(!same_model("tiny", "tiny:8b"));
  BOOST_TEST(!same_model("tiny", "acme/tiny"));
  BOOST_TEST(!same_model("tiny", "h/library/tiny"));
  BOOST_TEST(!same_model("tiny", "tiny2"));
  BOOST_TEST(!same_model("", ""));
  BOOST_TEST(!same_model("a b", "a b"));
}

BOOST_AUTO_TEST_CASE(a_model_of_the_cloud_says_so_at_the_end_of_its_tag) {
  for (const auto* name : {"big:cloud", "big:Cloud", "big:120b-cloud", "acme/big:120b-CLOUD"})
    BOOST_TEST(is_cloud_name(name), name);
  for (const auto* name : {"big", "cloud", "big:loud", "big:120b", "big:thecloud", "big:q4-turbo",
                           "big:cloud-120b", "cloud/big:x", "big:120b-cloud:", ""})
    BOOST_TEST(!is_cloud_name(name), name);
}

BOOST_AUTO_TEST_CASE(a_mistyped_name_is_near_with_or_without_its_tag) {
  const std::vector<std::string> installed{"llama3.1:70b-instruct-q4_K_M", "owl:latest",
                                           "qwen2.5-coder:7b"};
  BOOST_TEST(nearest_model("lama3.1", installed) == installed[0]);
  BOOST_TEST(nearest_model("qwen2.5-code:7b", installed) == installed[2]);
  BOOST_TEST(nearest_model("qwen2.5-coder:32b", installed) == installed[2]);
  BOOST_TEST(nearest_model("owll", installed) == installed[1]);
  BOOST_TEST(nearest_model("nope", installed) == "");
  // Two of five characters are too many.
  BOOST_TEST(nearest_model("abcde", std::vector<std::string>{"xycde:7b"}) == "");
  BOOST_TEST(nearest_model("owl", {}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
