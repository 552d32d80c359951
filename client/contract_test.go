package client_test

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/highlevel-contacts/contacts-go/client"
	"github.com/highlevel-contacts/contacts-go/gen"
)

// The public API that programs are written against: this file stops compiling when it breaks.
var (
	_ func(client.TokenSource, ...client.Option) (*client.Client, error) = client.New
	_ func(*client.Client) gen.ClientInterface                           = (*client.Client).Generated
	_ client.TokenSource                                                 = client.StaticToken("")

	_ func(string) client.Option             = client.WithBaseURL
	_ func(string) client.Option             = client.WithLocation
	_ func(*http.Client) client.Option       = client.WithHTTPClient
	_ func(string) client.Option             = client.WithUserAgent
	_ func(client.RetryPolicy) client.Option = client.WithRetry
	_ func(client.Pacer) client.Option       = client.WithPacer
	_ func(*slog.Logger) client.Option       = client.WithLogger
	_ func(int64) client.Option              = client.WithMaxResponseBytes

	_ func(string, string) client.CallOption    = client.WithHeader
	_ func(*client.Response) client.CallOption  = client.CaptureResponse
	_ func(string) nullable.Nullable[string]    = client.Set[string]
	_ func() nullable.Nullable[string]          = client.Clear[string]
	_ func(bool) *bool                          = client.Ptr[bool]
	_ func(string, any) client.CustomFieldInput = client.Field
	_ func(string, any) client.CustomFieldInput = client.FieldByKey

	_ interface {
		Get(ctx context.Context, id string, opts ...client.CallOption) (*client.Contact, error)
		Create(ctx context.Context, contact client.CreateContactRequest, opts ...client.CallOption) (*client.Contact, error)
		Update(ctx context.Context, id string, change client.UpdateContactRequest, opts ...client.CallOption) (*client.Contact, error)
		Upsert(ctx context.Context, contact client.UpsertContactRequest, opts ...client.CallOption) (*client.UpsertContactResult, error)
		Delete(ctx context.Context, id string, opts ...client.CallOption) error
		List(ctx context.Context, list client.ListRequest, opts ...client.CallOption) (*client.Page, error)
		All(ctx context.Context, list client.ListRequest, opts ...client.CallOption) iter.Seq2[*client.Contact, error]
		ListByBusiness(ctx context.Context, businessID string, list client.BusinessListRequest, opts ...client.CallOption) (*client.Page, error)
		AllByBusiness(ctx context.Context, businessID string, list client.BusinessListRequest, opts ...client.CallOption) iter.Seq2[*client.Contact, error]
	} = (&client.Client{}).Contacts

	_ = client.ListRequest{LocationID: "", Query: "", Limit: 0, After: client.Cursor{AddedMillis: int64(0), ID: ""}}
	_ = client.BusinessListRequest{LocationID: "", Query: "", Limit: 0, Skip: 0}
	_ = client.Page{Contacts: []client.Contact{}, Total: 0, Next: &client.Cursor{}}
	_ = client.Error{
		Operation: "", Method: "", Path: "", StatusCode: 0, Messages: []string{}, ContactID: "", MatchingField: "", TraceID: "",
		RetryAfter: time.Second, Response: client.Response{},
	}
	_ = client.Response{
		StatusCode: 0, Header: http.Header{}, Body: []byte{}, Attempts: 0, RateLimit: client.RateLimit{}, Drift: []client.Drift{},
	}
	_ = client.RateLimit{Known: true, Max: 0, Remaining: 0, Interval: time.Second, DailyLimit: 0, DailyRemaining: 0, DailyReset: time.Second}
	_ = client.Observation{Sent: time.Time{}, Limit: client.RateLimit{}, Pause: time.Second}
	_ = client.Drift{Pointer: "", Want: "", Got: ""}
	_ = client.RetryPolicy{MaxAttempts: 0, MinDelay: time.Second, MaxDelay: time.Second}
	_ = client.UpsertContactResult{New: true, Contact: client.Contact{}, TraceID: ""}

	_ = errors.Join(client.ErrInvalid, client.ErrNotFound, client.ErrDuplicate, client.ErrUnauthorized, client.ErrForbidden,
		client.ErrRateLimited, client.ErrServer, client.ErrMaybeApplied, client.ErrBadResponse, client.ErrResponseTooLarge, client.ErrDailyLimit)
)
