// Package oauth lets users install an app of the HighLevel marketplace, stores the tokens of each
// installation, and provides them to package client. It implements OAuth 2.0.
//
//	app, err := oauth.New(oauth.Config{
//		ClientID: id, ClientSecret: client.NewSecret(secret), RedirectURL: redirect, Scopes: scopes,
//	})
//	…
//	credential, err := app.Exchange(ctx, request.FormValue("code"), oauth.UserTypeLocation)
//	…
//	store := oauth.NewFileStore("/var/lib/example/credential.json")
//	err = oauth.Save(ctx, store, credential)
//	…
//	c, err := client.New(app.Source(store), client.WithLocation(credential.LocationID))
//
// A user installs the app on the consent page, whose address [App.AuthCodeURL] returns. The page
// redirects to the app with a code. [App.Exchange] exchanges the code for a [Credential]: an access
// token, which is valid for a day, and a refresh token. [Save] stores the credential in a
// [TokenStore], and [App.Source] returns the [client.TokenSource] of that store. In a web
// application, [InstallHandler] serves the redirects to and from the consent page.
//
// The access token of an agency cannot call the contact endpoints. [Source.Location] returns a
// source that exchanges the agency's token for tokens of a location. A [ClientPool] holds a client
// for each location.
//
// # Refresh tokens
//
// A refresh token is valid once: the API returns a new token pair for it. The API is reported to
// return the same pair again for 30 seconds, and then it rejects the refresh token. If a token pair
// is lost, a user must install the app again. Therefore:
//
//   - One goroutine at a time refreshes a credential, among all processes if the store is a
//     [RefreshLocker]. It first checks whether another process has stored a new token pair.
//   - [FileStore] checks that it can store the new pair before the refresh token is sent.
//   - The new pair is stored durably before its access token is used. If the store fails, the pair
//     remains in memory, and the next call stores it.
//   - After timeouts, broken connections, unreadable responses, and the statuses 408, 425, 429 and
//     5xx, the request is retried. The retries end before those 30 seconds do.
//   - Once the refresh token has been sent, the end of the caller's context does not end the
//     refresh. It has its own time limit of 35 seconds.
//
// There are no background refreshes: a call of [Source.Token] refreshes the access token if it
// expires within five minutes ([Config.RefreshBefore]), or if the API has rejected it
// ([Source.Invalidate], which package client calls). If an early refresh fails, the current access
// token is used until it expires.
//
// # Locations
//
// The API decides which locations an agency has approved: [Credential.ApprovedLocations] is not
// complete, because an agency can approve all locations, or those that it creates later. If the API
// refuses a token for a location, the source loads the credential of the agency from the store
// again, and asks the API again after a minute.
//
// When the UNINSTALL webhook reports that an installation has ended, call [Delete] with its store. If
// one location of an agency has uninstalled the app, the credential of the agency remains valid, and
// the API refuses tokens for the location.
//
// # Errors
//
// [ErrReinstallRequired] indicates that a user must install the app again. Of the error responses,
// only those with the API's own messages for an invalid refresh token or code match it. The source
// then sends no more requests until the store has another credential. A running program continues
// when the new installation has been saved.
//
// Non-2xx responses are wrapped as a [client.Error] with the Operation App.Exchange or Source.Token.
// Other errors of requests match the kind [client.ErrNetwork],
// [client.ErrBadResponse] or [client.ErrResponseTooLarge]. After a status that is not retried, the
// source returns the same error for the next minute without sending a request.
//
// # Stores
//
// [NewMemoryStore] and [NewFileStore] return stores. For other storage, implement [TokenStore] and,
// if possible, [RefreshLocker], and test the implementation with package storetest.
//
// # Secrets
//
// A [client.Secret] is redacted when it is printed, logged or encoded. Only [Credential.Encode]
// writes it, for stores. A server's message that could contain a secret is withheld from errors.
// Requests are sent over HTTPS only, or over HTTP to loopback for tests. Redirects are not followed.
package oauth
