package bulk

import (
	"context"
	"iter"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/client/verify"
)

// All returns an iterator that makes a call for each input, with many calls in flight, as fast as
// the client's rate limit allows. When a call ends, the iterator yields its outcome with the key of
// the input. See the package documentation for the order of the calls, and for when a run ends.
//
// The argument call is a method of the client, or a function that passes its options to one. If it
// does not pass them, All does not know when a call has passed the rate limit, and makes one call
// at a time.
//
//	for row, outcome := range bulk.All(ctx, slices.All(rows), c.Contacts.Upsert) { … }
func All[K, In, Out any](ctx context.Context, inputs iter.Seq2[K, In],
	call func(context.Context, In, ...client.CallOption) (Out, error), opts ...Option,
) iter.Seq2[K, Outcome[In, Out]] {
	return func(yield func(K, Outcome[In, Out]) bool) {
		r := newRun(ctx, call, yield, newConfig(opts))
		defer r.close()
		if ctx.Err() != nil {
			return
		}
		for key, input := range inputs {
			if !r.add(key, input) || !r.advance(r.hasCapacity) {
				return
			}
			if r.stopped() != nil {
				break
			}
		}
		r.advance(r.isEmpty)
	}
}

// Outcome is the result of the call for one input.
type Outcome[In, Out any] struct {
	Input In
	Value Out   // what the call returned; use it only if Err is nil
	Err   error // nil if the call succeeded
}

// Unapplied returns the JSON names of the values that the API accepted and did not store. See
// [verify.Unapplied]. It returns nil if the call failed.
func (o Outcome[In, Out]) Unapplied(opts ...verify.Option) []string {
	if o.Err != nil {
		return nil
	}
	if change, ok := any(o.Input).(Change); ok {
		return verify.Unapplied(change.Set, o.Value, opts...)
	}
	return verify.Unapplied(o.Input, o.Value, opts...)
}
