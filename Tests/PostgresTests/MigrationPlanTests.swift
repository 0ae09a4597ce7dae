import Testing

@testable import Postgres

struct MigrationPlanTests {
    private let one = Migration(1, "one", ["A"])
    private let two = Migration(2, "two", ["B"])

    @Test func goesUpInOrder() throws {
        let plan = try MigrationPlan([one, two])
        #expect(try plan.next(applied: [:])?.number == 1)
        #expect(try plan.next(applied: [1: one.checksum])?.number == 2)
        #expect(try plan.next(applied: [1: one.checksum, 2: two.checksum]) == nil)
    }

    @Test func leavesANewerReleasesStepsAlone() throws {
        #expect(try MigrationPlan([one]).next(applied: [1: one.checksum, 2: "anything"]) == nil)
    }

    @Test func refusesAGapAndAnEdit() throws {
        let plan = try MigrationPlan([one, two])
        #expect(throws: PostgresError.migration(number: 1)) { try plan.next(applied: [2: two.checksum]) }
        #expect(throws: PostgresError.migration(number: 1)) { try plan.next(applied: [1: "edited"]) }
    }

    @Test(arguments: [[0], [1, 1], [2, 1]]) func wantsRisingNumbers(_ numbers: [Int]) {
        #expect(throws: PostgresError.self) { try MigrationPlan(numbers.map { Migration($0, "", []) }) }
    }

    @Test func theChecksumSeesWhereStatementsEnd() {
        #expect(Migration(1, "", ["AB", "C"]).checksum != Migration(1, "", ["A", "BC"]).checksum)
    }
}
