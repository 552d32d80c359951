package bulk

import (
	"context"
	"iter"
)

// All returns an iterator that makes the call of op for each input, with many calls in flight, as
// fast as the client's rate limit allows. When a call ends, the iterator yields its outcome with the
// key of the input. See the package documentation for the order of the calls, and for when a run
// ends. If an argument or an option is invalid, the iterator makes no call and yields one outcome
// with the zero key and the error, which matches [client.ErrInvalid].
//
//	for row, outcome := range bulk.All(ctx, slices.All(rows), bulk.Upsert(c)) { … }
func All[K, In, Out any](ctx context.Context, inputs iter.Seq2[K, In], op Operation[In, Out], opts ...Option,
) iter.Seq2[K, Outcome[In, Out]] {
	return func(yield func(K, Outcome[In, Out]) bool) {
		r, err := newRun(ctx, inputs, op, yield, opts)
		if err != nil {
			yield(*new(K), Outcome[In, Out]{Err: err})
			return
		}
		defer r.close()
		r.all()
	}
}

// Outcome is the result of the call for one input.
type Outcome[In, Out any] struct {
	Input In
	Value Out   // what the call returned; use it only if Err is nil
	Err   error // nil if the call succeeded
}
