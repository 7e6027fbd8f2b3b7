// SPDX-License-Identifier: BSD-3-Clause
#include "runtime/cli/commands/certs_command.hpp"

#include "nexus_llm/node/certificates.hpp"
#include "runtime/cli/format.hpp"
#include "runtime/cli/output.hpp"

namespace nexus::llm::cli {

int run_certs_init(const CommonOptions& common, const std::string& folder) {
  Output output{common};
  if (auto made = make_authority(folder); !made)
    return output.fail(made.error());
  output.message("Made the authority in " + folder +
                 ". Keep ca.key there and secret; it makes certificates with `nexus-llm certs "
                 "issue " +
                 shell_word(folder) + " NAME`. Every machine needs ca.pem.");
  return output.success();
}

int run_certs_issue(const CommonOptions& common, const std::string& folder,
                    const std::string& name) {
  Output output{common};
  if (auto made = issue_certificate(folder, name); !made)
    return output.fail(made.error());
  output.message(
      "Made " + name + ".pem and " + name + ".key in " + folder +
      ". Copy both and ca.pem to the machine, and start the program there with `--cert " + name +
      ".pem --key " + name + ".key --ca ca.pem`.");
  return output.success();
}

} // namespace nexus::llm::cli
