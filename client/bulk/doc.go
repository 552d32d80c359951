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
// [Delete] return functions for the other two. Each input has a key of any type, such as a line
// number or a database ID. All yields the outcome of the input with the same key. Each loop over the
// outcomes is a run, which makes a call for each input.
//
// # Order
//
// All yields an outcome when its call ends, so the outcomes are not in the order of the inputs.
//
// The API does not order concurrent writes. Calls about the same contact therefore run one after
// another, in the order of the inputs. Two inputs are about the same contact if they have the same
// ID, the same email address, or phone numbers with the same last seven digits. Inputs of a type
// that no method of the client takes are independent, unless [WithContactKey] sets a rule.
//
// All reads further inputs while others wait for an earlier call about the same contact. It stops
// reading when the number of waiting inputs reaches the limit of [WithMaxInFlight].
//
// # The end of a run
//
// A run ends after the last input, or earlier:
//   - The loop body breaks. The call that waits for the rate limit is canceled. The loop ends when
//     the calls that were sent have ended, and their outcomes are lost. To receive them, cancel the
//     context instead.
//   - The context ends, or the rate limit allows no call before the deadline of the context. No
//     further call starts, but All yields the outcomes of all inputs that it has read. The errors
//     of calls that did not end match [context.Canceled] or [context.DeadlineExceeded], and
//     [client.ErrMaybeApplied] if a write may have been applied. If the context has ended before
//     the run, All yields nothing.
//   - The daily limit is exhausted. No further call starts, and All yields the outcomes of all
//     inputs that it has read. The errors of calls that were rejected or not made match
//     [client.ErrDailyLimit] and [client.ErrRateLimited].
//
// The inputs and the loop body run on the caller's goroutine. While one of them blocks, no outcome
// is yielded and no call starts. A panic in a call is raised on the caller's goroutine. No
// goroutine outlives the loop.
//
// # Rate limit
//
// Every call waits for the [client.Pacer] of the client. At most one new call of a run waits at a
// time, so that the run does not delay other callers of the same client. If the API asks for a
// pause that is too long for the client's own retries, the run waits and makes the rejected calls
// again. It makes at most ten calls for each input.
//
// # Resuming
//
// A [Journal] is a file that records which inputs are done, so that a run can continue after a
// crash. See [WithJournal].
package bulk
