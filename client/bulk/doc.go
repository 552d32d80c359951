// Package bulk makes many calls of the HighLevel Contacts API, as fast as its rate limit allows.
//
// [All] takes a sequence of inputs and an operation, and returns the sequence of outcomes:
//
//	for row, outcome := range bulk.All(ctx, slices.All(rows), bulk.Upsert(c)) {
//		switch {
//		case errors.Is(outcome.Err, client.ErrMaybeApplied):
//			log.Printf("row %d: check the contact: %v", row, outcome.Err)
//		case outcome.Err != nil:
//			log.Printf("row %d: %v", row, outcome.Err)
//		}
//	}
//
// [Create], [Update], [Upsert], [Delete], [Get], [AddTags] and [RemoveTags] return operations; an
// [Operation] of your own can make several calls. Each input has a key of any type, such as a line
// number or a database ID. All yields the outcome of the input with the same key. Each loop over the
// outcomes is a run, which makes a call for each input. Package verify finds the values that a
// successful call did not store.
//
// # Order
//
// All yields an outcome when its call ends, so the outcomes are not in the order of the inputs.
//
// The API does not order concurrent writes. Calls about the same contact therefore run one after
// another, in the order of the inputs. Two inputs are about the same contact if they have the same
// ID or email address, or phone numbers that may be spellings of one number: their last seven digits
// are equal, or the last four if one of them is short. Operation.ContactKeys is this rule.
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
//   - The context ends, or the rate limit allows no call before the deadline of the context. The
//     errors of calls that did not end match [context.Canceled] or [context.DeadlineExceeded], and
//     [client.ErrMaybeApplied] if a write may have been applied. If the context has ended before
//     the run, All yields nothing.
//   - The daily limit is exhausted. The errors of calls that were rejected or not made match
//     [client.ErrDailyLimit] and [client.ErrRateLimited].
//   - The API refuses the token. The errors of calls that were rejected or not made match
//     [client.ErrUnauthorized] or [client.ErrForbidden].
//
// Except after a break, no further call starts, and All yields the outcomes of all inputs that it
// has read.
//
// The inputs and the loop body run on the caller's goroutine. While one of them blocks, no outcome
// is yielded and no call starts. A panic in a call is raised on the caller's goroutine,
// unless the loop has ended with a break. No goroutine outlives the loop.
//
// # Rate limit
//
// Every call waits for the [client.Pacer] of the client. At most one new call of a run waits at a
// time, so that the run does not delay other callers of the same client. If the API asks for a
// pause that is too long for the client's own retries, the run waits and makes the rejected calls
// again. It makes at most ten calls for each input. A call that is not idempotent is made again only
// if none of its requests may have been applied; otherwise its error matches
// [client.ErrMaybeApplied].
//
// # Resuming
//
// A [Journal] is a file that records which inputs are done, so that a run can continue after a
// crash. An input is recorded as done if its call succeeded, after the loop body has handled its
// outcome. If the loop body breaks, inputs whose calls succeeded and whose outcomes are lost are
// recorded too. The next run skips these inputs, and makes the calls that failed again.
//
// Before a call that is not idempotent, the intent to make it is written to the disk. If an earlier
// run recorded an intent and no result, or a call that may have been applied, the call is not made.
// Its outcome has an error that matches [client.ErrMaybeApplied].
//
// If a record cannot be written, no further call is made. The outcomes of the remaining inputs have
// the error, and [Journal.Close] returns it.
package bulk
