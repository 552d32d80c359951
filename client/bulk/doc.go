// Package bulk makes many calls of the HighLevel Contacts API, as fast as its rate limit allows.
//
// [All] takes a sequence of inputs and a method of the client, and returns the sequence of
// outcomes:
//
//	for line, outcome := range bulk.All(ctx, slices.All(rows), c.Contacts.Upsert) {
//		switch {
//		case errors.Is(outcome.Err, client.ErrMaybeApplied):
//			log.Printf("line %d: check the contact: %v", line, outcome.Err)
//		case outcome.Err != nil:
//			log.Printf("line %d: %v", line, outcome.Err)
//		default:
//			for _, name := range outcome.Unapplied() {
//				log.Printf("line %d: %s was not stored", line, name)
//			}
//		}
//	}
//
// The methods Get, Create and Upsert of the client can be passed to All directly. [Update] and
// [Delete] return functions for the other two. The caller chooses the key of an input: a line
// number, a row, a database ID.
//
// # Order
//
// Outcomes are yielded as the calls end, not in the order of the inputs. Calls about the same
// contact run one after another in the order of the inputs, because the API does not order
// concurrent writes. Two inputs are about the same contact if they have the same ID, the same email
// address, or phone numbers with the same last digits. [WithKey] sets the rule for other types.
//
// At most as many inputs as [WithMaxInFlight] allows wait for an earlier call about the same
// contact. No further input is read until one of them starts.
//
// # The end of a run
//
// A run ends after the last input, or earlier:
//   - The loop body breaks. A call that waits for the rate limit is canceled. Calls that were sent
//     continue until they end, but their outcomes are lost. To receive them, cancel the context
//     instead.
//   - The context ends, or the rate limit allows no call before its deadline. No further call
//     starts, but the outcomes of all inputs that were read are yielded. Their errors match
//     [context.Canceled] or [context.DeadlineExceeded], and [client.ErrMaybeApplied] if a write may
//     have been applied. If the context has ended before the run, nothing is yielded.
//   - The daily limit is exhausted. The errors match [client.ErrDailyLimit] and
//     [client.ErrRateLimited], and no further input is read.
//
// The inputs and the loop body run on the caller's goroutine. While one of them blocks, no outcome
// is yielded and no call starts. A panic in a call is raised on the caller's goroutine. No
// goroutine outlives the loop.
//
// # Rate limit
//
// The calls pass the [client.Pacer] of the client. At most one new call of a run waits for it at a
// time, so that the run does not delay other callers of the same client. When the API asks for a
// long pause, the run waits and retries the calls that were rejected.
//
// # Resuming
//
// A [Journal] is a file that records which inputs are done, so that a run can continue after a
// crash. See [WithJournal].
package bulk
