/// Keys that are not ours, made with `openssl` for these tests alone: they protect nothing.
enum ForeignKeys {
    static let unsupported = [p384, x25519]
    static let unreadable = ["", "hello", encrypted, publicOnly, mismatched, String(p384.prefix(120))]

    private static let p384 = """
        -----BEGIN PRIVATE KEY-----
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDDWU2yv0133FRSbyUGy
        NlKWbFv9uJHd8AgemXCFepeFafb1vzsYAgsT4oKsClTP29KhZANiAARjuCpkG7sl
        FSELa/LzUw+cjFX0ibWVplp5pDhzTxS44kbylUAWEQQvfIgNMdpfEbkyW30jY7JW
        XkwV2xjmPogBBc1CFplNL9ArqSfS6lpvhXMxiLW5vHjIcZNrhQSUM9o=
        -----END PRIVATE KEY-----
        """

    private static let x25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VuBCIEIPigqFgCULJH/ysiid7xe8cXd93FeHbLhCkoED+gKYZw
        -----END PRIVATE KEY-----
        """

    /// An Ed25519 key under a password.
    private static let encrypted = """
        -----BEGIN ENCRYPTED PRIVATE KEY-----
        MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiW5ZuoK7xhFQICCAAw
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOQXhgT/I3CRZVL38GcWh7QEQBFn
        1a3EoUN3lhUMIcPD3/tVeis6lkwQZR/d53MVcN/x0xpJCPve2URQVwGKlb/Grt4W
        2RV/CMxkdpkWnIUKwek=
        -----END ENCRYPTED PRIVATE KEY-----
        """

    private static let publicOnly = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEA5fInf9O4Qbbei0SPHdg5khBQ7fEsaYrKdF9e3g+BACM=
        -----END PUBLIC KEY-----
        """

    /// The private half of one P-256 key beside the public half of another.
    private static let mismatched = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKuEVtmCRorWQYpFZ
        4zwdz3qrim1f5piJ0336+a8FGUihRANCAAQF8BoqT8Lj7NN6bDREUCXicjYknzzo
        QK7LMO4XNmZUbFAo0xIfJYLDln76i/3duQVIgywzSXj0qmYZ5RC4CyV1
        -----END PRIVATE KEY-----
        """
}
