import Engine
import Postgres
import Support
import Testing

@testable import ChatAuth

/// What is asked for at the same time is done together.
@Suite struct GroupCommitTests {
    /// A work that notes its batches and waits until it is let go on.
    private final class Bench {
        var batches: [[Int]] = []
        var answers: [Int: Result<Int, any Error>] = [:]
        var failing: (([Int]) -> (any Error)?)?
        var held: [() -> Void] = []
        var holds = false

        func work(_ numbers: [Int]) async throws -> [Result<Int, any Error>] {
            batches.append(numbers)
            if holds { await withCheckedContinuation { done in held.append { done.resume() } } }
            if let error = failing?(numbers) { throw error }
            return numbers.map { .success($0 * 10) }
        }

        func goOn() {
            let held = held
            self.held = []
            for each in held { each() }
        }
    }

    private func ask(_ commits: GroupCommit<Int, Int>, _ numbers: [Int], _ bench: Bench, _ loop: EventLoop) {
        for number in numbers {
            loop.spawn {
                do { bench.answers[number] = .success(try await commits.answer(to: number)) } catch {
                    bench.answers[number] = .failure(error)
                }
            }
        }
    }

    @Test func whatComesWhileOneIsUnderWayGoesWithTheNext() async throws {
        try await onLoop { loop in
            let bench = Bench()
            let commits = GroupCommit<Int, Int>(loop: loop, most: 4) { numbers, _ in
                try await bench.work(numbers)
            }
            bench.holds = true
            ask(commits, [1], bench, loop)
            _ = await eventually(on: loop) { bench.held.count == 1 }
            ask(commits, [2, 3], bench, loop)
            ask(commits, [4], bench, loop)
            // Answered by another turn: those above have been asked by then.
            await loop.sleep(milliseconds: 1)
            #expect(bench.batches == [[1]])
            bench.goOn()
            _ = await eventually(on: loop) { bench.held.count == 1 && bench.batches.count == 2 }
            #expect(bench.batches == [[1], [2, 3, 4]])
            // As many as go together need not wait for each other.
            ask(commits, [5, 6, 7, 8, 9], bench, loop)
            _ = await eventually(on: loop) { bench.held.count == 2 }
            #expect(bench.batches.last == [5, 6, 7, 8])
            bench.holds = false
            bench.goOn()
            let isDone = await eventually(on: loop) { bench.answers.count == 9 }
            #expect(isDone)
            #expect(bench.batches.last == [9])
            #expect((1...9).allSatisfy { (try? bench.answers[$0]?.get()) == $0 * 10 })
        }
    }

    @Test func whatIsWrongWithOneFailsNobodyElse() async throws {
        try await onLoop { loop in
            let bench = Bench()
            let commits = GroupCommit<Int, Int>(loop: loop) { numbers, _ in try await bench.work(numbers) }
            bench.failing = { $0.contains(2) ? PostgresError.rolledBack : nil }
            ask(commits, [1, 2, 3], bench, loop)
            let isDone = await eventually(on: loop) { bench.answers.count == 3 }
            #expect(isDone)
            #expect(bench.batches.first == [1, 2, 3])
            #expect(Set(bench.batches.dropFirst()) == [[1], [2], [3]])
            #expect((try? bench.answers[1]?.get()) == 10)
            #expect((try? bench.answers[2]?.get()) == nil)
            #expect((try? bench.answers[3]?.get()) == 30)
        }
    }

    @Test func whoComesMeanwhileDoesNotWaitForThoseThatGoAlone() async throws {
        try await onLoop { loop in
            let bench = Bench()
            let commits = GroupCommit<Int, Int>(loop: loop) { numbers, _ in
                bench.holds = numbers == [2]
                return try await bench.work(numbers)
            }
            bench.failing = { $0 == [1, 2] ? PostgresError.rolledBack : nil }
            ask(commits, [1, 2], bench, loop)
            _ = await eventually(on: loop) { bench.held.count == 1 }
            ask(commits, [3], bench, loop)
            let isAnswered = await eventually(on: loop) { bench.answers[3] != nil }
            #expect(isAnswered)
            #expect(bench.answers[2] == nil)
            bench.goOn()
            _ = await eventually(on: loop) { bench.answers[2] != nil }
        }
    }

    @Test func anOutageIsToldToAllAtOnce() async throws {
        try await onLoop { loop in
            let bench = Bench()
            let commits = GroupCommit<Int, Int>(loop: loop) { numbers, _ in try await bench.work(numbers) }
            bench.failing = { _ in PostgresError.disconnected }
            ask(commits, [1, 2, 3], bench, loop)
            let isDone = await eventually(on: loop) { bench.answers.count == 3 }
            #expect(isDone)
            #expect(bench.batches == [[1, 2, 3]])
            #expect(bench.answers.values.allSatisfy { (try? $0.get()) == nil })
        }
    }
}
