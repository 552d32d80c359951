// Package webhook receives the webhooks of HighLevel marketplace apps. It verifies and decodes
// them, and does not deliver an event again that was delivered before.
//
//	handler, err := webhook.NewHandler(func(ctx context.Context, event webhook.Event) error {
//		return store(ctx, event.Raw) // a worker calls webhook.Parse later
//	})
//	if err != nil {
//		return err
//	}
//	mux.Handle("/webhooks", handler)
//
// Contact events have an [Event.Contact], and [Install] and [Uninstall] events have an
// [Event.Install]. All other events are delivered too, with [Event.Raw].
//
// # Signatures
//
// HighLevel signs the body with Ed25519 and sends the signature in the X-GHL-Signature header. The
// handler verifies it over the bytes as received. It refuses a missing or wrong signature with 401.
// The older RSA signature in X-WH-Signature is no longer sent, see [WithRSA]. There is no HMAC
// signature and no shared secret.
//
// The key of HighLevel is built in. [WithPublicKey] replaces it; to accept both, pass [PublicKey]
// too.
//
// # Delivery
//
// The handler responds as follows:
//
//	status | returned when
//	200    | deliver returned nil, now or for an earlier delivery of the event
//	400    | the body cannot be read, or is signed but is not a JSON object
//	401    | the signature is missing or wrong, or the event is outside of WithTolerance
//	405    | the method is not POST
//	413    | the body is larger than 1 MiB
//	415    | the Content-Type is not application/json
//	500    | deliver returned an error or panicked
//	503    | another delivery of the event is in progress, or Seen failed
//
// An event is identified by its ID, or by the hash of its body if it has no ID. It counts as
// delivered when deliver has returned nil; see [Seen]. If the process ends between the two, or if
// deliver continues after the end of its context, the event can be delivered again. So deliver must
// tolerate repetitions, for example by storing Event.ID under a unique constraint.
//
// The time limits are 10 seconds for reading the body and 10 seconds for deliver. deliver runs on
// the goroutine of the request. A worker that has stored the event can take as long as it needs.
//
// # What HighLevel sends
//
// HighLevel documents only a part of the following; the rest has been observed.
//
//   - Repetition: since June 2026, HighLevel retries a delivery after any response other than 2xx
//     and after a timeout, up to 12 times with exponential backoff. A retry has the same body. The
//     timeout and the duration of all retries are undocumented. Users can send an event again for
//     30 days, on the Logs page of the app.
//   - Loss: after the retries, the event is lost. HighLevel pauses an endpoint that fails for days.
//     So list the contacts from time to time, for example with [client.ContactsService.All].
//   - Order: HighLevel does not document an order. A retry arrives after newer events.
//   - Delay: a retry arrives minutes to hours after the event, with the time of the event.
//   - Echoes: writes through the API cause events, also those of the program itself.
//   - Content: a contact event has the properties that are set, and all tags after the change. It
//     does not say what has changed, and has no dateUpdated. Which changes cause a ContactUpdate is
//     undocumented, and so is whether a changed tag causes one. A ContactDelete contains the last
//     state of the contact.
//   - Subscriptions: users of the marketplace choose the events and the URLs; there is no API.
//     Install and Uninstall events are sent to the default URL of the app only. The webhooks of all
//     locations are sent to the same URLs.
//
// # Processing contact events
//
// The following is correct for repeated, late and reordered events and for echoes. Take the event
// as a hint that the contact may have changed, and use only its ID. Get the contact. If the error
// matches [client.ErrNotFound], the contact is deleted. Write the result to your database with its
// DateUpdated as a guard: only if the stored DateUpdated is not later, because another worker may
// have read a newer contact. Keep the row of a deleted contact, with the time of the Get as its
// DateUpdated. To end echoes, do nothing more if the contact is equal to the stored one. The
// example Contacts of [NewHandler] does this.
//
// An Uninstall event can arrive late too: before deleting a credential, check that it was not saved
// after Event.Time.
//
// # Workflow webhooks
//
// The webhook actions of workflows are something else. They are not signed, and their body has
// neither a type nor an ID. Authenticate them with a secret in a header that the author of the
// workflow configures, as in the example Workflow.
package webhook
