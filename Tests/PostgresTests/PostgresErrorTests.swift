import Testing

@testable import Postgres

struct PostgresErrorTests {
    @Test(arguments: [
        ("40001", true, false), ("40P01", true, false), ("55P03", true, false), ("57014", true, false),
        ("57P01", true, true), ("53300", true, true), ("08006", true, true), ("25006", true, true),
        ("23505", false, false), ("42601", false, false), ("0A000", false, false),
    ])
    func classifiesByCode(code: String, isTransient: Bool, isOutage: Bool) {
        let error = PostgresError.server(ServerFailure(sqlState: code))
        #expect(error.isTransient == isTransient)
        #expect(error.isOutage == isOutage)
    }

    @Test func keepsOnlyMessagesThatNameNoValues() {
        #expect(ServerFailure(sqlState: "22P02", message: "invalid input \"secret\"").message == "")
        #expect(ServerFailure(sqlState: "P0001", message: "secret").message == "")
        #expect(ServerFailure(sqlState: "42P01", message: "relation \"x\" does not exist").message != "")
    }
}
