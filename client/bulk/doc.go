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
// Get, Create and Upsert of the client can be passed as they are. [Update] and [Delete] adapt the
// others. The key of an input is the caller's own: a line, a row, a database ID.
//
// # Order
//
// Outcomes are yielded as the calls end, not in the order of the inputs. Calls about the same
// contact run one after another in the order of the inputs, because the API does not order
// concurrent writes. Two inputs are about the same contact if they have the same ID, the same email
// address, or phone numbers with the same last digits. [WithKey] sets the rule for other types. Up
// to [WithMaxInFlight] inputs are held back behind others; then the next input is not read until
// one of them starts.
//
// # The end of a run
//
// A run ends after the last input, or earlier:
//   - The loop body breaks. The call that waits for the rate limit is canceled. Calls that were sent
//     run to their end, and their outcomes are lost. Cancel the context instead to receive them.
//   - The context ends, or the rate limit allows no call before its deadline. No call starts after that.
//     The outcomes of all inputs that were read are still yielded. They match [context.Canceled] or
//     [context.DeadlineExceeded], and those of writes that may have been applied match
//     [client.ErrMaybeApplied]. A context that has ended before the run yields nothing.
//   - The daily limit is exhausted. The outcome matches [client.ErrDailyLimit] and
//     [client.ErrRateLimited], and no further input is read.
//
// The inputs and the loop body run on the caller's goroutine. While the inputs or the body block,
// no outcome is yielded and no call starts. Panics reach the caller. No goroutine outlives the
// loop.
//
// # Rate limit
//
// The pacer of the client applies. At most one first attempt of a run waits for it at a time, so
// that other callers of the same client get their turn. When the API asks for a long pause, the run
// waits and repeats the calls that were not sent.
//
// # Resuming
//
// A [Journal] is a file that records what is done, so that a run can continue after a crash. See
// [WithJournal].
package bulk
