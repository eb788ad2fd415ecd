import { render } from "preact";
import { textsLoaded } from "../texts/language";
import "../styles/fonts.css";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/follow.css";
import { FollowPage } from "./FollowPage";
import { Follower } from "./follower";

await textsLoaded();
const token = location.pathname.split("/").pop() ?? "";
const follower = new Follower(token);
follower.start();
render(<FollowPage follower={follower} />, document.getElementById("app")!);
