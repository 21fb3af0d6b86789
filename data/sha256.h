#pragma once

#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace data {

/// The SHA-256 digest (FIPS 180-4) of bytes that come in pieces.
class Sha256 {
  public:
    Sha256();

    void update(std::span<const char> bytes);
    /// The digest of all bytes so far, 64 lower-case hexadecimal digits. Ends the computation.
    std::string hex();

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace data
