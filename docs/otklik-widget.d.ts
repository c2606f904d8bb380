// Types of the chat widget's API, as docs/widget.md describes it. Copy this file into your project.

export {};

declare global {
  interface Window {
    /**
     * Before `widget.js` has been loaded: an array of functions that are called with the API as soon as it is there.
     * After that: the API itself, which has `push` as well. So this always works:
     *
     *     (window.Otklik ||= []).push((otklik) => otklik.open());
     */
    Otklik?: Otklik.Api | Otklik.Call[];
  }

  namespace Otklik {
    type Call = (otklik: Api) => void;

    interface Api {
      /** Open the chat. Loads it when it has not been loaded yet. */
      open(): void;
      /** Close the chat; the button stays. */
      close(): void;
      /** Open a closed chat, close an open one. */
      toggle(): void;
      /** Take the button away and close the chat. `open` works all the same: for a page with a button of its own. */
      hide(): void;
      /** Bring the button back. */
      show(): void;
      /** Call `listener` whenever `event` happens. */
      on<Name extends keyof Events>(event: Name, listener: (detail: Events[Name]) => void): void;
      /** Stop calling a listener that was given to `on`. */
      off<Name extends keyof Events>(event: Name, listener: (detail: Events[Name]) => void): void;
      /**
       * Tell operators something about the visitor; they see it on the card. Adds to what was set before;
       * null takes a field away. At most 20 fields, names up to 40 and values up to 200 characters.
       */
      set(fields: Record<string, string | number | boolean | null>): void;
      /** Say who the visitor is: a token that your server has signed. Call it on every page, as early as you like. */
      identify(token: string): void;
      /** Forget the visitor in this browser, in all tabs. Call it when they log out of your site. */
      logout(): void;
      /** Call the functions with the API, at once. */
      push(...calls: Call[]): void;
    }

    interface Events {
      /** The chat was opened, by the visitor or by the page. */
      opened: undefined;
      /** The chat was closed. */
      closed: undefined;
      /** A new message of an operator or of the company came, whether the chat is open or not. */
      message: Message;
      /** The number of unread messages is another one now. */
      unread: number;
      /** The chat is connected. Comes again after each interruption. */
      ready: undefined;
      /** What became of the token of `identify`. After `accepted: false` get a fresh one and call `identify` again. */
      identity: { accepted: boolean };
    }

    interface Message {
      id: number;
      from: 'operator' | 'system' | (string & {});
      text: string;
      /** The operator's name, where the company shows it. */
      name?: string;
      /** UTC, `2026-02-03T09:15:02Z`. */
      at: string;
    }
  }
}
